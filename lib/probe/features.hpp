// What this kernel lets probes do: asked once, before anything is attached, and told by `podsnoop check` as it is.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace podsnoop {

/// Something a kernel can do, or why it cannot.
struct Capability {
    bool works = false;
    std::string why;  ///< "not compiled into this kernel"; empty where it works
};

enum class CgroupVersion : std::uint8_t {
    unknown,  ///< /sys/fs/cgroup is not there
    v1,
    hybrid,  ///< controllers of version 1, and a hierarchy of version 2 beside them
    v2,
};

/// Functions as this kernel calls them: what the compiler made of a function that it changed has a suffix
/// (".isra.0"). Empty where there is none.
struct Symbols {
    std::string oom_kill_process, oom_kill_memcg_member;
    std::string tcp_conn_request, tcp_v4_syn_recv_sock, tcp_v6_syn_recv_sock;

    /// One that is there, to try things on.
    [[nodiscard]] const std::string& any() const { return tcp_conn_request.empty() ? oom_kill_process : tcp_conn_request; }
};

/// The suffixed name counts only where the plain one is not there. Pure: `kallsyms` is text as in /proc/kallsyms.
Symbols find_symbols(std::string_view kallsyms);

/// What not to use, though it may work: so that whatever would be used instead can be tested.
struct Without {
    bool btf = false, fentry = false, kprobe = false, raw_tracepoint = false, tracepoint = false, kmsg = false, netstat = false;
};
/// "fentry,kprobe,raw-tracepoint,tracepoint,btf,kmsg,netstat", any of them.
Result<Without> parse_without(std::string_view text);

struct Features {
    std::string release;        ///< "6.1.0-49-cloud-amd64"
    std::string lockdown;       ///< "none", "integrity", "confidentiality"; empty where the kernel has none or does not tell
    CgroupVersion cgroup = CgroupVersion::unknown;
    Symbols symbols;
    Capability btf;             ///< types of this kernel, or of the file that was named
    std::string btf_file;       ///< the file that was named; empty: the kernel's own
    Capability programs;        ///< BPF programs that read the kernel's memory and send events through a ring (Linux 5.8)
    Capability kprobe;
    Capability fentry;
    Capability raw_tracepoint;  ///< the tracepoint mark_victim with its arguments as they are
    bool victim_is_task = false;  ///< what its first argument is: the task, or just a pid
    Capability tracepoint;        ///< the tracepoint's record by perf
    Capability kmsg;              ///< the kernel's log

    /// What keeps BPF programs from being attached by some capability: that, or what all of them need; null for nothing.
    [[nodiscard]] const Capability* missing(const Capability& capability) const {
        for (const Capability* each : {&capability, &programs, &btf})
            if (!each->works) return each;
        return nullptr;
    }
};

/// Asks the kernel. `btf_file` is the BTF of this kernel in a file, where the kernel has none; empty for none.
Features read_features(const Without& without, const std::string& btf_file);

}  // namespace podsnoop
