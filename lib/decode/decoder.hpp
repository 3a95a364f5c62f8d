// Packet to TCP segment: link header, VLAN tags, IPv4 or IPv6, TCP. Pure; allocates nothing.
#pragma once

#include <cstdint>

#include "event/packet.hpp"
#include "event/segment.hpp"

namespace podsnoop {

enum class Decoded : std::uint8_t {
    segment,    ///< `segment` is filled
    malformed,  ///< a header contradicts itself, or the capture ends before the TCP options
    fragment,   ///< an IP fragment of (what may be) a TCP segment
    not_tcp,    ///< anything else
};

/// Fills every field of `segment` where it returns Decoded::segment, else leaves it in no particular state.
/// The payload refers to the packet's data. Checksums are not looked at: the sender's own tap sees packets
/// before the device has filled them in.
Decoded decode(const Packet& packet, Segment& segment) noexcept;

}  // namespace podsnoop
