// From an IP header to what it carries, whole or a fragment.
#pragma once

#include <cstdint>

#include "decode/decoded.hpp"
#include "decode/wire.hpp"
#include "event/segment.hpp"

namespace podsnoop::wire {

/// Protocol and next-header numbers (IANA "Protocol Numbers") the decoder knows.
enum IpProtocol : std::uint8_t {
    ip_hop_by_hop = 0,
    ip_ipv4 = 4,
    ip_tcp = 6,
    ip_udp = 17,
    ip_ipv6 = 41,
    ip_routing = 43,
    ip_fragment = 44,
    ip_gre = 47,
    ip_authentication = 51,
    ip_destination_options = 60,
    ip_mobility = 135,
};

/// What an IP header is followed by.
struct IpPayload {
    std::uint8_t protocol = 0;  ///< IpProtocol; of a fragment, what its datagram starts with
    // Of a fragment:
    bool more = false;         ///< not the last one
    std::uint32_t id = 0;      ///< which datagram it belongs to, between these two addresses
    std::uint32_t offset = 0;  ///< of its data in the datagram's payload, bytes
};

/// Fills in the segment's addresses. On Decoded::segment and Decoded::fragment `rest` stands at the payload
/// and ends with the packet; the payload may be of any protocol. Otherwise the header is malformed.
Decoded take_ipv4(Rest& rest, Segment& segment, IpPayload& payload) noexcept;
Decoded take_ipv6(Rest& rest, Segment& segment, IpPayload& payload) noexcept;

/// Whether a next header is one of IPv6's extension headers.
bool is_extension(std::uint8_t protocol) noexcept;

/// A header that makes a datagram of what fragments were put together to: `size` bytes at the end of `room`.
/// It gives no length: the frame knows.
inline constexpr std::size_t largest_ip_header = 40;
std::size_t write_header(std::span<std::byte, largest_ip_header> room, const Address& source, const Address& destination,
                         std::uint8_t protocol) noexcept;

}  // namespace podsnoop::wire
