// What a probe saw and what it missed.
#pragma once

#include <cstdint>

#include "base/time.hpp"

namespace podsnoop {

/// What the kernel could not deliver.
struct ProbeLosses {
    std::uint64_t ring_full = 0;   ///< events there was no room for: each an OOM kill, or who it is whose queue overflowed
    std::uint64_t table_full = 0;  ///< overflows of listeners beyond those that can be counted
    std::uint64_t log_gaps = 0;    ///< how often lines of the kernel's log were written over before they were read
};

struct ProbeLedger {
    Nanoseconds duration{0};
    std::uint64_t told = 0;     ///< records made
    std::uint64_t printed = 0;  ///< those of them that were chosen
    ProbeLosses lost;
};

}  // namespace podsnoop
