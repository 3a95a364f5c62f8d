#include "decode/decoder.hpp"

#include <algorithm>

#include "decode/ip.hpp"
#include "decode/link.hpp"
#include "decode/tunnel.hpp"
#include "decode/wire.hpp"

namespace podsnoop {

namespace {

using wire::u16;
using wire::u32;
using wire::u8;

constexpr std::size_t ipv4_header_size = 20;  // without options; RFC 791 3.1
constexpr std::size_t tcp_header_size = 20;   // likewise; RFC 9293 3.1

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

/// Whether a fragment's datagram may hold TCP. Behind an extension header it cannot be known.
bool may_hold_tcp(const wire::Network& network, const wire::IpPayload& fragment, const DecodeOptions& options) {
    if (fragment.protocol == wire::ip_tcp) return true;
    if (network.protocol == wire::ether_ipv6 && wire::is_extension(fragment.protocol)) return true;
    return options.decapsulate && wire::may_be_tunnel(fragment, network.rest);
}

/// On Decoded::fragment, `network` stands at the fragment's data and `payload` says where that belongs.
Decoded decode_network(wire::Network& network, Segment& segment, wire::IpPayload& payload,
                       const DecodeOptions& options) noexcept {
    int tunnels = 0;
    for (int headers = 0; headers < wire::max_headers; ++headers) {
        const bool v4 = network.protocol == wire::ether_ipv4;
        Decoded outcome = Decoded::not_tcp;
        if (v4 || network.protocol == wire::ether_ipv6) {
            outcome = headers == 0 ? Decoded::segment : wire::check_inner(network);
            if (outcome != Decoded::segment) return outcome;
            outcome = v4 ? wire::take_ipv4(network.rest, segment, payload) : wire::take_ipv6(network.rest, segment, payload);
            if (outcome == Decoded::fragment)
                return may_hold_tcp(network, payload, options) ? Decoded::fragment : Decoded::not_tcp;
            if (outcome != Decoded::segment) return outcome;
            if (payload.protocol == wire::ip_tcp) return decode_tcp(network.rest, segment);
            if (!options.decapsulate || tunnels++ == wire::max_tunnels) return Decoded::not_tcp;
            outcome = wire::take_tunnel(payload.protocol, network);
        } else {
            if (!options.decapsulate) return Decoded::not_tcp;
            outcome = wire::take_link_header(network);
        }
        if (outcome != Decoded::segment) return outcome;
    }
    return Decoded::not_tcp;
}

Decoded decode_packet(const Packet& packet, wire::Network& network, Segment& segment, wire::IpPayload& payload,
                      const DecodeOptions& options) noexcept {
    if (!wire::find_network(packet, network)) return Decoded::malformed;
    segment.time = packet.time;
    segment.interface = packet.interface;
    return decode_network(network, segment, payload, options);
}

/// Reads a packet whose IPv4 header stands at `ip_at`, if it has neither options nor is a fragment, and is TCP.
template <std::size_t ip_at>
bool decode_ipv4_tcp(const Packet& packet, Segment& segment) noexcept {
    constexpr std::size_t tcp_at = ip_at + ipv4_header_size;
    constexpr std::uint8_t version_and_size = 4 << 4 | ipv4_header_size / 4;
    constexpr std::uint16_t fragment_bits = 0x3fff;  // an offset, or more to come
    const Bytes frame = packet.data;
    if (frame.size() < tcp_at + tcp_header_size || u8(frame, ip_at) != version_and_size ||
        (u16(frame, ip_at + 6) & fragment_bits) != 0 || u8(frame, ip_at + 9) != wire::ip_tcp)
        return false;
    const std::size_t end = ip_at + u16(frame, ip_at + 2);
    const std::size_t payload_at = tcp_at + (std::size_t{u8(frame, tcp_at + 12)} >> 4 << 2);
    if (payload_at < tcp_at + tcp_header_size || payload_at > end || end > packet.wire_length ||
        packet.wire_length > wire::longest_packet)
        return false;
    // All of it is read before any is written: for all that the compiler knows the frame lies in the segment.
    const std::uint16_t source_port = u16(frame, tcp_at), destination_port = u16(frame, tcp_at + 2),
                        window = u16(frame, tcp_at + 14);
    const std::uint32_t seq = u32(frame, tcp_at + 4), ack = u32(frame, tcp_at + 8);
    const std::uint8_t flags = u8(frame, tcp_at + 13);
    const Address source = Address::v4(frame.subspan(ip_at + 12)), destination = Address::v4(frame.subspan(ip_at + 16));
    const std::size_t captured = std::min(frame.size(), end);
    segment.time = packet.time;
    segment.interface = packet.interface;
    segment.source = {source, source_port};
    segment.destination = {destination, destination_port};
    segment.seq = seq;
    segment.ack = ack;
    segment.flags = flags;
    segment.window = window;
    segment.payload = frame.subspan(std::min(payload_at, captured), captured - std::min(payload_at, captured));
    segment.length = static_cast<std::uint32_t>(end - payload_at);
    return true;
}

/// Reads what nearly all packets are: IPv4 and TCP as above, in an Ethernet frame or as a cooked socket gives it. Says of it
/// what decode_packet() would. False: it is something else, or not whole, and nothing was set.
bool decode_usual(const Packet& packet, Segment& segment) noexcept {
    using namespace wire;
    if (packet.link == LinkType::network) return packet.protocol == ether_ipv4 && decode_ipv4_tcp<0>(packet, segment);
    return packet.link == LinkType::ethernet && packet.data.size() >= ethernet_header_size &&
           u16(packet.data, ether_type_at) == ether_ipv4 && decode_ipv4_tcp<ethernet_header_size>(packet, segment);
}

}  // namespace

Decoded decode(const Packet& packet, Segment& segment, const DecodeOptions& options) noexcept {
    wire::Network network;
    wire::IpPayload payload;
    return decode_packet(packet, network, segment, payload, options);
}

Decoded Decoder::decode(const Packet& packet, Segment& segment) {
    packets_ = 1;
    return decode_usual(packet, segment) ? Decoded::segment : decode_any(packet, segment);
}

Decoded Decoder::decode_any(const Packet& packet, Segment& segment) {
    wire::Network network;
    wire::IpPayload payload;
    const Decoded outcome = decode_packet(packet, network, segment, payload, options_);
    return outcome == Decoded::fragment ? join(network, payload, segment) : outcome;
}

Decoded Decoder::join(wire::Network& network, wire::IpPayload& payload, Segment& segment) {
    Decoded outcome = Decoded::fragment;
    // A datagram put together may be a tunnel's with a fragment in it. Each turn takes one that waited away,
    // so this ends.
    while (outcome == Decoded::fragment) {
        const Fragment fragment{.source = segment.source.address,
                                .destination = segment.destination.address,
                                .interface = segment.interface,
                                .protocol = payload.protocol,
                                .more = payload.more,
                                .id = payload.id,
                                .offset = payload.offset,
                                .data = network.rest,
                                .time = segment.time,
                                .packets = packets_};
        const Joined joined = fragments_.add(fragment);
        if (joined.state == Joined::State::malformed) return Decoded::malformed;
        if (joined.state == Joined::State::waiting) return Decoded::fragment;
        packets_ = joined.packets;
        payload = {};
        outcome = decode_packet(joined.datagram, network, segment, payload, options_);
    }
    return outcome;
}

}  // namespace podsnoop
