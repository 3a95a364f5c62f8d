// What can come out of decoding a packet.
#pragma once

#include <cstdint>

namespace podsnoop {

enum class Decoded : std::uint8_t {
    segment,    ///< a TCP segment
    malformed,  ///< a header contradicts itself, or the capture ends before the TCP options
    fragment,   ///< an IP fragment of (what may be) a TCP segment
    not_tcp,    ///< anything else
};

}  // namespace podsnoop
