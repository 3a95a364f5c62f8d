// One TCP segment as decoded from a packet.
#pragma once

#include <cstdint>

#include "base/address.hpp"
#include "base/bytes.hpp"
#include "base/time.hpp"

namespace podsnoop {

/// TCP control bits (RFC 9293 3.1), as they stand in the header's byte 13.
enum TcpFlag : std::uint8_t { tcp_fin = 0x01, tcp_syn = 0x02, tcp_rst = 0x04, tcp_psh = 0x08, tcp_ack = 0x10 };

struct Segment {
    Time time;
    Endpoint source, destination;
    std::uint32_t seq = 0;        ///< of the first payload byte, or of the SYN
    std::uint32_t ack = 0;        ///< valid where tcp_ack is set
    std::uint8_t flags = 0;       ///< TcpFlag bits
    std::uint16_t window = 0;     ///< as in the header, unscaled
    std::uint32_t scope = 0;      ///< of its endpoints: equal ones of another scope are another connection
    std::uint32_t interface = 0;  ///< index into the source's list of interfaces
    Bytes payload;                ///< the captured part of the payload; valid as long as the packet
    std::uint32_t length = 0;     ///< payload bytes on the wire; >= payload.size()
};

inline bool has(const Segment& segment, TcpFlag flag) { return (segment.flags & flag) != 0; }

}  // namespace podsnoop
