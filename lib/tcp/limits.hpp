// The bounds of `podsnoop tcp`, and how long it waits for what may still come.
#pragma once

#include <cstddef>

#include "base/time.hpp"

namespace podsnoop {

struct TcpLimits {
    std::size_t connections = 65536;  ///< in the table at once; then the longest unseen is evicted
    /// How long nothing may come in a handshake before it counts as given up; at least, and three times the longest pause
    /// so far: retries come at doubling intervals, from 1 s (RFC 6298 5.7) or 3 s on.
    Nanoseconds handshake{5'000'000'000};
    Nanoseconds last_ack{5'000'000'000};  ///< how long both FINs wait for what acknowledges them
    Nanoseconds linger{10'000'000'000};   ///< how long an ended connection is remembered
};

}  // namespace podsnoop
