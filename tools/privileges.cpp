#include "privileges.hpp"

#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>

namespace podsnoop {

namespace {

constexpr int cap_bpf = 39;  // CAP_BPF, since Linux 5.8

std::uint64_t bit(int capability) { return std::uint64_t{1} << capability; }

std::uint64_t capabilities_for(const Needs& needs) {
    std::uint64_t kept = 0;
    // The filter's counters and memory are read and written by bpf(2), which older kernels let only CAP_BPF
    // do, and before Linux 5.8 CAP_SYS_ADMIN.
    const bool has_cap_bpf = prctl(PR_CAPBSET_READ, cap_bpf) >= 0;
    if (needs.sockets) kept |= bit(CAP_NET_RAW) | bit(CAP_NET_ADMIN) | bit(has_cap_bpf ? cap_bpf : CAP_SYS_ADMIN);
    if (needs.namespaces) kept |= bit(CAP_SYS_ADMIN);
    if (needs.processes) kept |= bit(CAP_SYS_PTRACE);
    if (needs.files) kept |= bit(CAP_DAC_OVERRIDE);
    return kept;
}

}  // namespace

Result<void> drop_privileges(const Needs& needs) {
    constexpr const char* what = "cannot give up privileges";
    const std::uint64_t kept = capabilities_for(needs);
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    __user_cap_data_struct data[2]{};
    if (syscall(SYS_capget, &header, data) != 0) return fail(what, "capget", std::strerror(errno));
    const bool may_bound = (data[0].effective & bit(CAP_SETPCAP)) != 0;
    for (int capability = 0; may_bound && prctl(PR_CAPBSET_READ, capability) >= 0; ++capability)
        if ((kept & bit(capability)) == 0 && prctl(PR_CAPBSET_DROP, capability) != 0)
            return fail(what, "bounding set", std::strerror(errno));
    for (int half = 0; half < 2; ++half) {
        const auto mask = static_cast<std::uint32_t>(kept >> (32 * half));
        data[half].effective &= mask;
        data[half].permitted &= mask;
        data[half].inheritable = 0;
    }
    if (syscall(SYS_capset, &header, data) != 0) return fail(what, "capset", std::strerror(errno));
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return fail(what, "no_new_privs", std::strerror(errno));
    return {};
}

}  // namespace podsnoop
