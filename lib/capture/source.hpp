// What every source of packets answers: the live ring and capture files alike.
#pragma once

#include <cstdint>

namespace podsnoop {

enum class Next : std::uint8_t {
    packet,  ///< the Packet is filled in; its data is valid until the next call
    idle,    ///< nothing more is waiting right now: a time to flush output; the next call may wait
    end,     ///< there is no more
};

}  // namespace podsnoop
