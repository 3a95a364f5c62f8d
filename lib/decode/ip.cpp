#include "decode/ip.hpp"

#include <cstring>

namespace podsnoop::wire {

namespace {

constexpr std::size_t ipv4_header_size = 20;  // without options
constexpr std::size_t ipv6_header_size = 40;

/// Protocol and next-header numbers (IANA "Protocol Numbers").
enum : std::uint8_t {
    hop_by_hop = 0,
    tcp = 6,
    routing = 43,
    fragment = 44,
    authentication = 51,
    destination_options = 60,
    mobility = 135,
};

void set_address(Address& address, std::uint8_t family, Bytes header, std::size_t at, std::size_t size) {
    address = Address{.bytes = {}, .family = family};
    std::memcpy(address.bytes.data(), header.data() + at, size);
}

/// The size of an IPv6 extension header, 0 for what is none. RFC 8200 4.3-4.6, RFC 4302 2.2, RFC 6275 6.1.1.
std::size_t extension_size(std::uint8_t type, std::uint8_t length_field) {
    switch (type) {
        case hop_by_hop:
        case routing:
        case destination_options:
        case mobility:
            return (std::size_t{length_field} + 1) * 8;
        case authentication:
            return (std::size_t{length_field} + 2) * 4;
        case fragment:
            return 8;
        default:
            return 0;
    }
}

/// Moves past the extension headers that may precede TCP.
Decoded take_extensions(Rest& rest, std::uint8_t next) {
    while (next != tcp) {
        const std::uint8_t type = next;
        if (extension_size(type, 0) == 0) return Decoded::not_tcp;
        if (!rest.has(8)) return Decoded::malformed;
        next = u8(rest.captured, 0);
        const std::size_t size = extension_size(type, u8(rest.captured, 1));
        // RFC 6946: offset 0 and no more fragments is a whole packet. A fragment is TCP's unless its next
        // header is known to be something else; behind an extension header it cannot be known.
        if (type == fragment && (u16(rest.captured, 2) & 0xfff9) != 0)
            return next == tcp || extension_size(next, 0) != 0 ? Decoded::fragment : Decoded::not_tcp;
        if (!rest.has(size)) return Decoded::malformed;
        rest.skip(size);
    }
    return Decoded::segment;
}

}  // namespace

Decoded decode_ipv4(Rest& rest, Segment& segment) noexcept {
    if (!rest.has(ipv4_header_size)) return Decoded::malformed;
    const Bytes header = rest.captured;
    const std::size_t header_size = (std::size_t{u8(header, 0)} & 0xf) * 4;
    const std::uint16_t total_length = u16(header, 2);
    if (u8(header, 0) >> 4 != 4 || header_size < ipv4_header_size || !rest.has(header_size))
        return Decoded::malformed;
    if (u8(header, 9) != tcp) return Decoded::not_tcp;
    if ((u16(header, 6) & 0x3fff) != 0) return Decoded::fragment;  // more fragments, or an offset
    set_address(segment.source.address, 4, header, 12, 4);
    set_address(segment.destination.address, 4, header, 16, 4);
    // 0 in a frame that segmentation offload made too long for the field; more than there is where a capture
    // program rewrote the frame's length. Both times the frame knows better.
    if (total_length != 0) {
        if (total_length < header_size) return Decoded::malformed;
        rest.end_after(total_length);
    }
    rest.skip(header_size);
    return Decoded::segment;
}

Decoded decode_ipv6(Rest& rest, Segment& segment) noexcept {
    if (!rest.has(ipv6_header_size)) return Decoded::malformed;
    const Bytes header = rest.captured;
    const std::uint16_t payload_length = u16(header, 4);
    if (u8(header, 0) >> 4 != 6) return Decoded::malformed;
    set_address(segment.source.address, 6, header, 8, 16);
    set_address(segment.destination.address, 6, header, 24, 16);
    const std::uint8_t next = u8(header, 6);
    rest.skip(ipv6_header_size);
    if (payload_length != 0) rest.end_after(payload_length);  // 0 is a jumbogram (RFC 2675): the frame knows
    return take_extensions(rest, next);
}

}  // namespace podsnoop::wire
