// One captured packet: what every source gives and everything after the source reads.
#pragma once

#include <cstdint>
#include <string>

#include "base/bytes.hpp"
#include "base/time.hpp"

namespace podsnoop {

/// What the first byte of a packet's data is.
enum class LinkType : std::uint8_t {
    ethernet,   ///< an Ethernet header
    network,    ///< the network header of `Packet::protocol`, or one inline VLAN tag before it (cooked sockets)
    raw_ip,     ///< an IPv4 or IPv6 header, told apart by its version
    linux_sll,  ///< Linux cooked v1 (LINKTYPE_LINUX_SLL)
    linux_sll2, ///< Linux cooked v2 (LINKTYPE_LINUX_SLL2)
    null_loop,  ///< BSD loopback: a 4-byte family, in either byte order (LINKTYPE_NULL, LINKTYPE_LOOP)
};

/// A network interface packets were seen on. Names and namespaces outlive the packets that refer to them.
struct Interface {
    std::string name;         ///< at most 15 bytes (IFNAMSIZ) where live; empty where a file does not say
    std::uint64_t netns = 0;  ///< inode of its network namespace; 0 where unknown
};

struct Packet {
    Time time;                     ///< when the kernel or the capture saw it
    Bytes data;                    ///< captured bytes; valid until the source's next call
    std::uint32_t wire_length = 0; ///< length on the wire, counted from data's first byte; >= data.size()
    LinkType link = LinkType::ethernet;
    std::uint16_t protocol = 0;    ///< EtherType, for LinkType::network only
    std::uint32_t interface = 0;   ///< index into the source's list of interfaces
};

}  // namespace podsnoop
