#include "node/capabilities.hpp"

#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "node/reason.hpp"

namespace podsnoop {

Result<void> keep_capabilities(std::uint64_t kept) {
    constexpr const char* what = "cannot give up privileges";
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    __user_cap_data_struct data[2]{};
    if (syscall(SYS_capget, &header, data) != 0) return fail(what, "capget", reason_of(errno));
    const bool may_bound = (data[0].effective & capability_bit(CAP_SETPCAP)) != 0;
    for (int capability = 0; may_bound && prctl(PR_CAPBSET_READ, capability) >= 0; ++capability)
        if ((kept & capability_bit(capability)) == 0 && prctl(PR_CAPBSET_DROP, capability) != 0)
            return fail(what, "bounding set", reason_of(errno));
    for (int half = 0; half < 2; ++half) {
        const auto mask = static_cast<std::uint32_t>(kept >> (32 * half));
        data[half].effective &= mask;
        data[half].permitted &= mask;
        data[half].inheritable = 0;
    }
    if (syscall(SYS_capset, &header, data) != 0) return fail(what, "capset", reason_of(errno));
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return fail(what, "no_new_privs", reason_of(errno));
    return {};
}

Result<Capabilities> read_capabilities() {
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    __user_cap_data_struct data[2]{};
    if (::syscall(SYS_capget, &header, data) != 0) return fail("cannot read capabilities", "", reason_of(errno));
    return Capabilities{std::uint64_t{data[1].effective} << 32 | data[0].effective};
}

bool knows_capability(int capability) { return ::prctl(PR_CAPBSET_READ, capability) >= 0; }

}  // namespace podsnoop
