#include "privileges.hpp"

#include <sys/prctl.h>

#include <cstdint>

#include "node/capabilities.hpp"
#include "node/seccomp.hpp"

namespace podsnoop {

Result<void> drop_privileges(const Needs& needs) {
    std::uint64_t kept = 0;
    // The filter's counters and memory are read and written by bpf(2), which older kernels let only CAP_BPF
    // do, and before Linux 5.8 CAP_SYS_ADMIN.
    const int for_bpf = knows_capability(CAP_BPF) ? CAP_BPF : CAP_SYS_ADMIN;
    if (needs.sockets) kept |= capability_set({CAP_NET_RAW, CAP_NET_ADMIN, for_bpf});
    if (needs.namespaces) kept |= capability_bit(CAP_SYS_ADMIN);
    if (needs.processes) kept |= capability_bit(CAP_SYS_PTRACE);
    if (needs.owners)
        kept |= capability_set({CAP_SYS_PTRACE, CAP_DAC_READ_SEARCH});  // the latter for /proc/PID/fd of other users
    if (needs.pods) kept |= capabilities_to_look_at_processes;
    if (needs.files) kept |= capability_bit(CAP_DAC_OVERRIDE);
    if (Result<void> given_up = keep_capabilities(kept); !given_up) return given_up;
    // Where there is no seccomp, as in a container that does not allow it, that is all; `podsnoop check` tells.
    static_cast<void>(keep_system_calls({.kernel = needs.sockets || needs.probes || needs.pods,
                                         .network = needs.pods,
                                         .roots = needs.pods,
                                         .files = needs.files}));
    return {};
}

}  // namespace podsnoop
