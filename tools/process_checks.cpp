#include "process_checks.hpp"

#include <linux/capability.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <future>

#include "node/capabilities.hpp"
#include "node/file.hpp"
#include "node/netns.hpp"
#include "node/reason.hpp"
#include "node/seccomp.hpp"

namespace podsnoop {

namespace {

using enum CheckState;

const std::vector<std::string> namespace_commands{"http", "tcp", "red", "map", "backlog", "pods"};

struct KnownCapability {
    int number;
    const char* name;
    const char* purpose;
    std::vector<std::string> needed_for;
    bool part_of_sys_admin = false;  ///< CAP_SYS_ADMIN does as well
};

const std::vector<KnownCapability>& known_capabilities() {
    static const std::vector<KnownCapability> known{
        {CAP_NET_RAW, "CAP_NET_RAW", "to open packet sockets", packet_commands},
        {CAP_NET_ADMIN, "CAP_NET_ADMIN", "to ask conntrack for Services", packet_commands},
        {CAP_BPF, "CAP_BPF", "to load the packet filter and probes", {"http", "tcp", "red", "map", "oom", "backlog"}, true},
        {CAP_PERFMON, "CAP_PERFMON", "to attach probes", {"oom", "backlog"}, true},
        {CAP_SYS_ADMIN, "CAP_SYS_ADMIN", "to enter pods' network namespaces", namespace_commands},
        {CAP_SYS_PTRACE, "CAP_SYS_PTRACE", "to find processes' sockets and namespaces", pod_commands},
        {CAP_DAC_READ_SEARCH, "CAP_DAC_READ_SEARCH", "to read credentials and runtimes' files", pod_commands}};
    return known;
}

/// The initial one's (PROC_USER_INIT_INO, PROC_PID_INIT_INO in the kernel's proc_ns.h).
constexpr const char* initial_user = "user:[4026531837]";
constexpr const char* initial_pid = "pid:[4026531836]";

CheckRecord check_capability(const KnownCapability& wanted, const Capabilities& held, bool counts) {
    CheckRecord check{.name = wanted.name, .state = ok, .detail = wanted.purpose, .needed_for = wanted.needed_for};
    if (!counts) {
        check.state = missing;
        check.detail += "; those of a user namespace do not count";
        check.hint = "run it on the node, not in a rootless container";
        return check;
    }
    if (held.has(wanted.number)) return check;
    if (wanted.part_of_sys_admin && held.has(CAP_SYS_ADMIN)) {
        check.detail += "; CAP_SYS_ADMIN does too";
        return check;
    }
    check.state = missing;
    const bool no_such = !knows_capability(wanted.number);
    check.hint = no_such ? "run as root or with CAP_SYS_ADMIN, as this kernel has none of its own for that"
                         : "run as root; in a container, add it in securityContext";
    return check;
}

/// What to do where other processes cannot be looked into. Where the capability for it is held, something else forbids
/// it, as a security module does or a container's own rules.
const char* hint_for_processes() {
    return read_capabilities().value_or(Capabilities{}).has(CAP_SYS_PTRACE) ? "" : "run as root or with CAP_SYS_PTRACE";
}

}  // namespace

std::vector<CheckRecord> check_capabilities() {
    const Capabilities held = read_capabilities().value_or(Capabilities{});
    const bool counts = read_link("/proc/self/ns/user").value_or(initial_user) == initial_user;
    std::vector<CheckRecord> checks;
    for (const KnownCapability& wanted : known_capabilities()) checks.push_back(check_capability(wanted, held, counts));
    return checks;
}

CheckRecord check_seccomp() {
    // On a thread of its own: there is no way back.
    const Result<void> given_up = std::async(std::launch::async, []() -> Result<void> {
                                      if (Result<void> kept = keep_capabilities(0); !kept) return kept;
                                      return keep_system_calls({});
                                  }).get();
    CheckRecord check{.name = "seccomp", .needed_for = {"http", "oom", "backlog", "pods"}};
    check.state = given_up ? ok : missing;
    check.detail =
        given_up ? "to give up system calls before bytes of others are read" : given_up.error().line() + "; all runs without";
    return check;
}

CheckRecord check_namespaces(const std::string& root) {
    CheckRecord check{.name = "network-namespaces", .needed_for = namespace_commands};
    const auto home = NetworkNamespace::current();
    const auto node = NetworkNamespace::open(root + "/proc/1/ns/net");
    const auto entered = node ? try_to_enter(*node) : home ? try_to_enter(*home) : std::unexpected(home.error());
    if (!entered) {
        check.detail = entered.error().line(), check.hint = entered.error().hint;
        return check;
    }
    check.state = node ? ok : degraded;
    check.detail = "can be entered; ";
    if (!node) check.detail += "that of process 1 cannot be opened: " + node.error().why, check.hint = hint_for_processes();
    else check.detail += home->inode() == node->inode() ? "we are in that of process 1" : "we are not in that of process 1";
    return check;
}

CheckRecord check_processes(const std::string& root, std::span<const PodRecord> found) {
    CheckRecord check{.name = "processes", .needed_for = pod_commands};
    const std::string proc = root + "/proc/";
    // Everybody may read this one, but where hidepid= says otherwise (proc(5)).
    if (::access((proc + "1/cgroup").c_str(), R_OK) != 0) {
        const bool hidden = ::access((proc + "self").c_str(), F_OK) == 0 || errno == EACCES;
        check.detail = proc + (hidden ? " hides the processes of others (hidepid)" : ": " + reason_of(errno));
        check.hint = hidden ? "run as root" : "mount /proc; in a debug pod, --root /host is the node's";
        return check;
    }
    const auto own = read_link(proc + "1/ns/pid");
    if (!own) {
        check.state = degraded;
        check.detail = "their names are seen, not their sockets and namespaces", check.hint = hint_for_processes();
        return check;
    }
    // Containers mostly have one of their own. Where ours is not the initial one, but theirs are others, we are on a
    // node that runs in a container itself.
    const auto is_below = [&](const PodContainer& container) {
        const auto theirs = container.pid == 0 ? std::nullopt : read_link(proc + std::to_string(container.pid) + "/ns/pid");
        return theirs && *theirs != *own;
    };
    const bool above =
        std::ranges::any_of(found, [&](const PodRecord& pod) { return std::ranges::any_of(pod.containers, is_below); });
    if (*own == initial_pid || above) {
        check.state = ok;
        check.detail = *own == initial_pid ? "all of the node's" : "those of a node that runs in a container itself";
        return check;
    }
    check.state = degraded;
    check.detail = "of a PID namespace that is not the node's, and in no other pod's";
    check.hint = "run it with hostPID; in a debug pod, --root /host is the node's";
    return check;
}

}  // namespace podsnoop
