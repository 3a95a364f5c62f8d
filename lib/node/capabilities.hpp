// Giving up capabilities, which Linux keeps for each thread (capabilities(7)).
#pragma once

#include <linux/capability.h>

#include <cstdint>
#include <initializer_list>

#include "base/result.hpp"

namespace podsnoop {

/// The bit of a capability (CAP_…) in a set of them.
constexpr std::uint64_t capability_bit(int capability) { return std::uint64_t{1} << capability; }

constexpr std::uint64_t capability_set(std::initializer_list<int> capabilities) {
    std::uint64_t set = 0;
    for (const int capability : capabilities) set |= capability_bit(capability);
    return set;
}

/// What reading of any process on the node takes: its files below /proc whoever runs it, and its namespaces.
inline constexpr std::uint64_t capabilities_to_look_at_processes =
    capability_set({CAP_SYS_PTRACE, CAP_SYS_ADMIN, CAP_DAC_READ_SEARCH});

/// The calling thread gives up all capabilities but those of `kept` that it has, for good: the rest leaves its bounding
/// set too, and no program that it could start gains any (no_new_privs). Threads it starts have what it has then.
Result<void> keep_capabilities(std::uint64_t kept);

}  // namespace podsnoop
