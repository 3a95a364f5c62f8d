// From a packet's first byte to its network header, over link headers and VLAN tags.
#pragma once

#include "decode/wire.hpp"
#include "event/packet.hpp"

namespace podsnoop::wire {

/// EtherTypes (IEEE 802 numbers) the decoder knows.
enum EtherType : std::uint16_t {
    ether_ipv4 = 0x0800,
    ether_bridging = 0x6558,  ///< an Ethernet frame (RFC 7637 3.2)
    ether_vlan = 0x8100,      ///< 802.1Q
    ether_ipv6 = 0x86dd,
    ether_mpls = 0x8847,            ///< RFC 3032 5
    ether_mpls_multicast = 0x8848,  ///< since RFC 5332: with an upstream-assigned label
    ether_qinq = 0x88a8,            ///< 802.1ad
};

constexpr bool is_vlan(std::uint16_t protocol) { return protocol == ether_vlan || protocol == ether_qinq; }

inline constexpr std::size_t ethernet_header_size = 14, ether_type_at = 12;
inline constexpr std::size_t vlan_tag_size = 4;  ///< after its own EtherType: TCI, then the next EtherType

struct Network {
    std::uint16_t protocol = 0;  ///< EtherType of `rest`; 0 where it is none
    Rest rest;
};

/// False: the capture ends inside a link header.
bool find_network(const Packet& packet, Network& network) noexcept;

/// The EtherType of an IP header by its version, 0 for what is none. There must be a byte.
std::uint16_t protocol_of_version(const Rest& rest) noexcept;

}  // namespace podsnoop::wire
