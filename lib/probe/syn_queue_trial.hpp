// How many half-open connections a listener's queue takes on this kernel, found out by filling one.
#pragma once

#include <cstdint>

#include "base/result.hpp"

namespace podsnoop {

/// How many it takes beyond the listener's backlog: 0, or 1 where the kernel has "tcp/dccp: allow a connection when
/// sk_max_ack_backlog is zero" (Linux 6.13 and the stable kernels of 2025, whatever their number is). Tried on a listener
/// with a backlog of 0, in a network namespace that is made for it, that nobody can reach, and that goes with it.
Result<std::uint32_t> try_syn_queue();

}  // namespace podsnoop
