#include "decode/link.hpp"

#include <bit>

namespace podsnoop::wire {

namespace {

constexpr int max_vlan_tags = 4;

/// The EtherType of a BSD loopback header's address family. AF_INET is 2 everywhere; AF_INET6 is 10 on Linux,
/// 24 on NetBSD and OpenBSD, 28 on FreeBSD, 30 on macOS.
std::uint16_t protocol_of_family(std::uint32_t family) {
    // The order is that of the host that captured; no family is above 255.
    switch (family > 0xff ? std::byteswap(family) : family) {
        case 2: return ether_ipv4;
        case 10:
        case 24:
        case 28:
        case 30: return ether_ipv6;
        default: return 0;
    }
}

/// Which IP header stands where a cooked socket says "VLAN": with the tag inserted by the sender itself, the
/// kernel's network header may already be past it. A tag is told from a header by the header's own length:
/// the bytes where IPv4 has its total length are the EtherType in a tag, hence never 0.
std::uint16_t protocol_in_place_of_tag(const Rest& rest) {
    if (!rest.has(6)) return 0;
    const std::uint8_t first = u8(rest.captured, 0);
    const std::uint16_t total_length = u16(rest.captured, 2), payload_length = u16(rest.captured, 4);
    if (first >> 4 == 4 && (first & 0xf) >= 5 && (total_length == rest.length || total_length == 0)) return ether_ipv4;
    const bool jumbo = payload_length == 0 && rest.length > 0xffff + 40;
    if (first >> 4 == 6 && (payload_length + 40u == rest.length || jumbo)) return ether_ipv6;
    return 0;
}

/// Moves past a link header of `size` bytes with its EtherType at `protocol_at`.
bool take_header(Network& network, std::size_t size, std::size_t protocol_at) {
    if (!network.rest.has(size)) return false;
    network.protocol = u16(network.rest.captured, protocol_at);
    network.rest.skip(size);
    return true;
}

bool take_vlan_tags(Network& network) {
    for (int tags = 0; is_vlan(network.protocol) && tags < max_vlan_tags; ++tags)
        if (!take_header(network, vlan_tag_size, 2)) return false;
    if (is_vlan(network.protocol)) network.protocol = 0;
    return true;
}

bool take_cooked_vlan_tags(Network& network) {
    if (!is_vlan(network.protocol)) return true;
    if (const std::uint16_t protocol = protocol_in_place_of_tag(network.rest); protocol != 0) {
        network.protocol = protocol;
        return true;
    }
    return take_vlan_tags(network);
}

bool take_link(Network& network, const Packet& packet) {
    switch (packet.link) {
        case LinkType::ethernet: return take_header(network, ethernet_header_size, ether_type_at) && take_vlan_tags(network);
        case LinkType::network: network.protocol = packet.protocol; return take_cooked_vlan_tags(network);
        case LinkType::linux_sll: return take_header(network, 16, 14) && take_cooked_vlan_tags(network);
        case LinkType::linux_sll2: return take_header(network, 20, 0) && take_cooked_vlan_tags(network);
        case LinkType::raw_ip:
            if (!network.rest.has(1)) return false;
            network.protocol = protocol_of_version(network.rest);
            return true;
        case LinkType::null_loop:
            if (!network.rest.has(4)) return false;
            network.protocol = protocol_of_family(u32(network.rest.captured, 0));
            network.rest.skip(4);
            return true;
    }
    return false;
}

}  // namespace

std::uint16_t protocol_of_version(const Rest& rest) noexcept {
    switch (u8(rest.captured, 0) >> 4) {
        case 4: return ether_ipv4;
        case 6: return ether_ipv6;
        default: return 0;
    }
}

bool find_network(const Packet& packet, Network& network) noexcept {
    network = {.rest = {packet.data, packet.wire_length}};
    return take_link(network, packet);
}

}  // namespace podsnoop::wire
