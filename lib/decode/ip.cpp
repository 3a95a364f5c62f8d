#include "decode/ip.hpp"

#include <cstring>

namespace podsnoop::wire {

namespace {

constexpr std::size_t ipv4_header_size = 20;  // without options
constexpr std::size_t ipv6_header_size = 40;

void set_address(Address& address, std::uint8_t family, Bytes header, std::size_t at, std::size_t size) {
    address = Address{.bytes = {}, .family = family};
    std::memcpy(address.bytes.data(), header.data() + at, size);
}

/// The size of an IPv6 extension header, 0 for what is none. RFC 8200 4.3-4.6, RFC 4302 2.2, RFC 6275 6.1.1.
std::size_t extension_size(std::uint8_t type, std::uint8_t length_field) {
    switch (type) {
        case ip_hop_by_hop:
        case ip_routing:
        case ip_destination_options:
        case ip_mobility: return (std::size_t{length_field} + 1) * 8;
        case ip_authentication: return (std::size_t{length_field} + 2) * 4;
        case ip_fragment: return 8;
        default: return 0;
    }
}

/// Moves past the extension headers; a fragment's is the last that can be read.
Decoded take_extensions(Rest& rest, IpPayload& payload) {
    while (is_extension(payload.protocol)) {
        if (!rest.has(8)) return Decoded::malformed;
        const Bytes header = rest.captured;
        const std::uint8_t type = payload.protocol;
        const std::size_t size = extension_size(type, u8(header, 1));
        if (!rest.has(size)) return Decoded::malformed;
        payload.protocol = u8(header, 0);
        rest.skip(size);
        // RFC 6946: offset 0 and no more fragments is a whole packet.
        if (type != ip_fragment || (u16(header, 2) & 0xfff9) == 0) continue;
        payload.offset = u16(header, 2) & 0xfff8;
        payload.more = (u16(header, 2) & 1) != 0;
        payload.id = u32(header, 4);
        return Decoded::fragment;
    }
    return Decoded::segment;
}

}  // namespace

bool is_extension(std::uint8_t protocol) noexcept { return extension_size(protocol, 0) != 0; }

Decoded take_ipv4(Rest& rest, Segment& segment, IpPayload& payload) noexcept {
    if (!rest.has(ipv4_header_size)) return Decoded::malformed;
    const Bytes header = rest.captured;
    const std::size_t header_size = (std::size_t{u8(header, 0)} & 0xf) * 4;
    const std::uint16_t total_length = u16(header, 2), fragment = u16(header, 6);
    if (u8(header, 0) >> 4 != 4 || header_size < ipv4_header_size || !rest.has(header_size)) return Decoded::malformed;
    payload.protocol = u8(header, 9);
    set_address(segment.source.address, 4, header, 12, 4);
    set_address(segment.destination.address, 4, header, 16, 4);
    // 0 in a frame that segmentation offload made too long for the field; more than there is where a capture
    // program rewrote the frame's length. Both times the frame knows better.
    if (total_length != 0) {
        if (total_length < header_size) return Decoded::malformed;
        rest.end_after(total_length);
    }
    if (rest.length > longest_packet) return Decoded::malformed;
    rest.skip(header_size);
    if ((fragment & 0x3fff) == 0) return Decoded::segment;  // neither more fragments nor an offset
    payload.offset = (fragment & 0x1fffu) * 8;
    payload.more = (fragment & 0x2000) != 0;
    payload.id = u16(header, 4);
    return Decoded::fragment;
}

Decoded take_ipv6(Rest& rest, Segment& segment, IpPayload& payload) noexcept {
    if (!rest.has(ipv6_header_size)) return Decoded::malformed;
    const Bytes header = rest.captured;
    const std::uint16_t payload_length = u16(header, 4);
    if (u8(header, 0) >> 4 != 6) return Decoded::malformed;
    set_address(segment.source.address, 6, header, 8, 16);
    set_address(segment.destination.address, 6, header, 24, 16);
    payload.protocol = u8(header, 6);
    rest.skip(ipv6_header_size);
    if (payload_length != 0) rest.end_after(payload_length);  // 0 is a jumbogram (RFC 2675): the frame knows
    if (rest.length > longest_packet) return Decoded::malformed;
    return take_extensions(rest, payload);
}

std::size_t write_header(std::span<std::byte, largest_ip_header> room, const Address& source, const Address& destination,
                         std::uint8_t protocol) noexcept {
    const bool v4 = source.family == 4;
    const std::size_t size = v4 ? ipv4_header_size : ipv6_header_size;
    const std::size_t address_size = v4 ? 4 : 16;
    const std::span<std::byte> header = room.last(size);
    std::memset(header.data(), 0, size);
    header[0] = std::byte{v4 ? std::uint8_t{0x45} : std::uint8_t{0x60}};
    header[v4 ? 9 : 6] = std::byte{protocol};
    std::memcpy(header.data() + size - 2 * address_size, source.bytes.data(), address_size);
    std::memcpy(header.data() + size - address_size, destination.bytes.data(), address_size);
    return size;
}

}  // namespace podsnoop::wire
