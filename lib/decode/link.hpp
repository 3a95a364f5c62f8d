// From a packet's first byte to its network header, over link headers and VLAN tags.
#pragma once

#include "decode/wire.hpp"
#include "event/packet.hpp"

namespace podsnoop::wire {

/// EtherTypes (IEEE 802 numbers) the decoder knows.
enum EtherType : std::uint16_t {
    ether_ipv4 = 0x0800,
    ether_vlan = 0x8100,  ///< 802.1Q
    ether_ipv6 = 0x86dd,
    ether_qinq = 0x88a8,  ///< 802.1ad
};

struct Network {
    bool whole = true;           ///< false: the capture ends inside a link header
    std::uint16_t protocol = 0;  ///< EtherType of `rest`; 0 where it is none
    Rest rest;
};

Network find_network(const Packet& packet) noexcept;

}  // namespace podsnoop::wire
