// IP addresses and ports, kept by value in the order of the network.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.hpp"

namespace podsnoop {

/// An IPv4 or IPv6 address. IPv4 is in the first four bytes, the rest zero. `family` 0 means unknown.
struct Address {
    std::array<std::uint8_t, 16> bytes{};
    std::uint8_t family = 0;  ///< 4, 6, or 0

    auto operator<=>(const Address&) const = default;

    /// From 4 or 16 bytes in network order; any other length gives the unknown address.
    static Address from(Bytes from);
};

struct Endpoint {
    Address address;
    std::uint16_t port = 0;  ///< host byte order

    auto operator<=>(const Endpoint&) const = default;
};

/// Reads "10.0.0.1" or "fd00::3" (RFC 4291 2.2), nothing else: no port, zone or brackets.
std::optional<Address> parse_address(std::string_view text);
/// Appends "10.0.0.1" or, after RFC 5952, "fd00::3"; "?" where unknown.
void append_address(std::string& out, const Address& address);
/// Appends "10.0.0.1:80" or "[fd00::3]:80".
void append_endpoint(std::string& out, const Endpoint& endpoint);

}  // namespace podsnoop
