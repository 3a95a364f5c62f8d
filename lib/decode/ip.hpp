// From an IP header to the TCP header.
#pragma once

#include "decode/decoder.hpp"
#include "decode/wire.hpp"

namespace podsnoop::wire {

/// On Decoded::segment the addresses are filled in and `rest` stands at the TCP header and ends with the
/// packet.
Decoded decode_ipv4(Rest& rest, Segment& segment) noexcept;
Decoded decode_ipv6(Rest& rest, Segment& segment) noexcept;

}  // namespace podsnoop::wire
