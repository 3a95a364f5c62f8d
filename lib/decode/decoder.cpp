#include "decode/decoder.hpp"

#include <algorithm>

#include "decode/ip.hpp"
#include "decode/link.hpp"
#include "decode/wire.hpp"

namespace podsnoop {

namespace {

using wire::u16;
using wire::u32;
using wire::u8;

constexpr std::size_t tcp_header_size = 20;  // without options; RFC 9293 3.1

Decoded decode_tcp(wire::Rest rest, Segment& segment) {
    if (!rest.has(tcp_header_size)) return Decoded::malformed;
    const Bytes header = rest.captured;
    const std::size_t header_size = std::size_t{u8(header, 12)} >> 4 << 2;
    if (header_size < tcp_header_size || header_size > rest.length) return Decoded::malformed;
    segment.source.port = u16(header, 0);
    segment.destination.port = u16(header, 2);
    segment.seq = u32(header, 4);
    segment.ack = u32(header, 8);
    segment.flags = u8(header, 13);
    segment.window = u16(header, 14);
    // The options are not needed: a capture that ends inside them still tells all the rest.
    segment.payload = header.subspan(std::min(header_size, header.size()));
    segment.length = rest.length - static_cast<std::uint32_t>(header_size);
    return Decoded::segment;
}

}  // namespace

Decoded decode(const Packet& packet, Segment& segment) noexcept {
    wire::Network network = wire::find_network(packet);
    if (!network.whole) return Decoded::malformed;
    Decoded outcome = Decoded::not_tcp;
    if (network.protocol == wire::ether_ipv4) outcome = wire::decode_ipv4(network.rest, segment);
    if (network.protocol == wire::ether_ipv6) outcome = wire::decode_ipv6(network.rest, segment);
    if (outcome != Decoded::segment) return outcome;
    segment.time = packet.time;
    segment.interface = packet.interface;
    return decode_tcp(network.rest, segment);
}

}  // namespace podsnoop
