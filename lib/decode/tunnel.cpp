#include "decode/tunnel.hpp"

namespace podsnoop::wire {

namespace {

constexpr std::size_t udp_header_size = 8;
constexpr std::size_t vxlan_header_size = 8;
constexpr std::size_t geneve_header_size = 8;  // without options
constexpr std::size_t gre_header_size = 4;     // without checksum, key and sequence number
constexpr std::size_t mpls_label_size = 4;

/// UDP ports, of the destination.
enum : std::uint16_t {
    port_vxlan = 4789,        // RFC 7348 8
    port_geneve = 6081,       // RFC 8926 3.3
    port_vxlan_linux = 8472,  // what Linux had before there was an assigned one; flannel and Cilium use it
};

bool is_tunnel_port(std::uint16_t port) { return port == port_vxlan || port == port_geneve || port == port_vxlan_linux; }

/// Whether a header is there. Where it is not, either the capture was cut short or there never was one.
Decoded need(const Rest& rest, std::size_t size) {
    if (rest.has(size)) return Decoded::segment;
    return rest.length < size ? Decoded::not_tcp : Decoded::malformed;
}

/// RFC 7348 5. Bits other than I are ignored: Linux sets more for its group policy.
Decoded take_vxlan(Network& network) {
    if (const Decoded there = need(network.rest, vxlan_header_size); there != Decoded::segment) return there;
    if ((u8(network.rest.captured, 0) & 0x08) == 0) return Decoded::not_tcp;
    network.rest.skip(vxlan_header_size);
    network.protocol = ether_bridging;
    return Decoded::segment;
}

/// RFC 8926 3.4. Version 0 is the only one; control packets (O) carry no user's data.
Decoded take_geneve(Network& network) {
    if (const Decoded there = need(network.rest, geneve_header_size); there != Decoded::segment) return there;
    const Bytes header = network.rest.captured;
    if (u8(header, 0) >> 6 != 0 || (u8(header, 1) & 0x80) != 0) return Decoded::not_tcp;
    const std::size_t size = geneve_header_size + std::size_t{u8(header, 0) & 0x3fu} * 4;
    if (const Decoded there = need(network.rest, size); there != Decoded::segment) return there;
    network.protocol = u16(header, 2);
    network.rest.skip(size);
    return Decoded::segment;
}

Decoded take_udp(Network& network) {
    if (!network.rest.has(udp_header_size)) return Decoded::not_tcp;  // no port, no tunnel
    const std::uint16_t port = u16(network.rest.captured, 2);
    if (!is_tunnel_port(port)) return Decoded::not_tcp;
    network.rest.skip(udp_header_size);
    return port == port_geneve ? take_geneve(network) : take_vxlan(network);
}

/// RFC 2784 2.1, RFC 2890 2. Version 1 is PPTP's; source routes (RFC 1701) are nobody's.
Decoded take_gre(Network& network) {
    if (const Decoded there = need(network.rest, gre_header_size); there != Decoded::segment) return there;
    const std::uint16_t flags = u16(network.rest.captured, 0);
    if ((flags & 0x4c07) != 0) return Decoded::not_tcp;
    std::size_t size = gre_header_size;
    for (const unsigned checksum_key_sequence : {0x8000u, 0x2000u, 0x1000u})
        if ((flags & checksum_key_sequence) != 0) size += 4;
    if (const Decoded there = need(network.rest, size); there != Decoded::segment) return there;
    network.protocol = u16(network.rest.captured, 2);
    network.rest.skip(size);
    return Decoded::segment;
}

/// RFC 3032 2.1. Behind the last label of the stack nothing says what follows but IP's version.
Decoded take_label(Network& network) {
    if (const Decoded there = need(network.rest, mpls_label_size); there != Decoded::segment) return there;
    const bool last = (u32(network.rest.captured, 0) & 0x100) != 0;
    network.rest.skip(mpls_label_size);
    if (!last) return Decoded::segment;
    if (const Decoded there = need(network.rest, 1); there != Decoded::segment) return there;
    network.protocol = protocol_of_version(network.rest);
    return Decoded::segment;
}

Decoded take_ether_type(Network& network, std::size_t header_size, std::size_t at) {
    if (const Decoded there = need(network.rest, header_size); there != Decoded::segment) return there;
    network.protocol = u16(network.rest.captured, at);
    network.rest.skip(header_size);
    return Decoded::segment;
}

}  // namespace

bool may_be_tunnel(std::uint8_t protocol) noexcept {
    return protocol == ip_udp || protocol == ip_ipv4 || protocol == ip_ipv6 || protocol == ip_gre;
}

bool may_be_tunnel(const IpPayload& fragment, const Rest& rest) noexcept {
    if (fragment.protocol == ip_udp && fragment.offset == 0 && rest.has(4)) return is_tunnel_port(u16(rest.captured, 2));
    return may_be_tunnel(fragment.protocol);
}

Decoded take_tunnel(std::uint8_t protocol, Network& network) noexcept {
    switch (protocol) {
        case ip_udp: return take_udp(network);
        case ip_ipv4:  // RFC 2003
            network.protocol = ether_ipv4;
            return Decoded::segment;
        case ip_ipv6:  // RFC 2473, RFC 4213
            network.protocol = ether_ipv6;
            return Decoded::segment;
        case ip_gre: return take_gre(network);
        default: return Decoded::not_tcp;
    }
}

Decoded take_link_header(Network& network) noexcept {
    switch (network.protocol) {
        case ether_bridging: return take_ether_type(network, ethernet_header_size, ether_type_at);
        case ether_vlan:
        case ether_qinq: return take_ether_type(network, vlan_tag_size, 2);
        case ether_mpls:
        case ether_mpls_multicast: return take_label(network);
        default: return Decoded::not_tcp;
    }
}

Decoded check_inner(const Network& network) noexcept {
    const bool v4 = network.protocol == ether_ipv4;
    if (const Decoded there = need(network.rest, v4 ? 20 : 40); there != Decoded::segment) return there;
    const Bytes header = network.rest.captured;
    if (protocol_of_version(network.rest) != network.protocol) return Decoded::not_tcp;
    const unsigned field = v4 ? u16(header, 2) : u16(header, 4);
    const unsigned header_size = v4 ? (u8(header, 0) & 0xfu) * 4 : 40;
    if (header_size < 20) return Decoded::not_tcp;
    // BIG TCP's frames are longer than the field can say, and only theirs have none.
    if (field == 0) return network.rest.length > 0xffff ? Decoded::segment : Decoded::not_tcp;
    const unsigned length = v4 ? field : field + 40;
    return length >= header_size && length <= network.rest.length ? Decoded::segment : Decoded::not_tcp;
}

}  // namespace podsnoop::wire
