// What a thread may do beyond what every user may, and giving that up: Linux keeps capabilities for each thread
// (capabilities(7)).
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

/// CAP_PERFMON and CAP_BPF came with Linux 5.8: until then CAP_SYS_ADMIN had what they have, and it still has it.
struct Capabilities {
    std::uint64_t effective = 0;  ///< a bit each, by its CAP_ number
    [[nodiscard]] bool has(int capability) const { return (effective & capability_bit(capability)) != 0; }
};

/// This thread's.
Result<Capabilities> read_capabilities();
/// Whether this kernel has a capability of this number.
bool knows_capability(int capability);

}  // namespace podsnoop
