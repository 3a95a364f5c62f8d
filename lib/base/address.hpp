// IP addresses and ports, kept by value in the order of the network.
#pragma once

#include <array>
#include <bit>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.hpp"

namespace podsnoop {

/// An IPv4 or IPv6 address. IPv4 is in the first four bytes, the rest zero. `family` 0 means unknown.
struct Address {
    std::array<std::uint8_t, 16> bytes{};
    std::uint8_t family = 0;  ///< 4, 6, or 0

    /// By bytes, then by family.
    std::strong_ordering operator<=>(const Address& other) const noexcept {
        const Words a = words(), b = other.words();
        for (std::size_t i = 0; i < a.size(); ++i)
            if (a[i] != b[i]) return in_network_order(a[i]) <=> in_network_order(b[i]);
        return family <=> other.family;
    }
    bool operator==(const Address& other) const noexcept {
        const Words a = words(), b = other.words();
        return a[0] == b[0] && a[1] == b[1] && family == other.family;
    }

    /// From 4 or 16 bytes in network order; any other length gives the unknown address.
    static Address from(Bytes from);

    /// From the first four bytes, in network order. There must be so many.
    static Address v4(Bytes from) noexcept {
        std::uint32_t word = 0;
        std::memcpy(&word, from.data(), sizeof(word));
        return v4(word);
    }
    /// From what v4_word() gave.
    static Address v4(std::uint32_t word) noexcept {
        // A vector is one store. Of an array GCC 12 makes two on the stack, and waits for both to load it in one.
        using Vector [[gnu::vector_size(16)]] = std::uint32_t;
        return {.bytes = std::bit_cast<std::array<std::uint8_t, 16>>(Vector{word}), .family = 4};
    }
    /// The first four bytes as they lie in memory: all of an IPv4 address.
    [[nodiscard]] std::uint32_t v4_word() const noexcept { return std::bit_cast<std::array<std::uint32_t, 4>>(bytes)[0]; }

    /// Of an IPv4 address: a number in the order of addresses.
    [[nodiscard]] std::uint32_t v4_number() const noexcept {
        return std::endian::native == std::endian::little ? std::byteswap(v4_word()) : v4_word();
    }

    using Words = std::array<std::uint64_t, 2>;
    /// The bytes as they lie in memory, for comparing and hashing without a call.
    [[nodiscard]] Words words() const noexcept { return std::bit_cast<Words>(bytes); }

  private:
    static constexpr std::uint64_t in_network_order(std::uint64_t word) noexcept {
        return std::endian::native == std::endian::little ? std::byteswap(word) : word;
    }
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
