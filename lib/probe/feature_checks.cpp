#include "probe/feature_checks.hpp"

#include <string>
#include <utility>

namespace podsnoop {

namespace {

using enum CheckState;

const std::vector<std::string> for_both{"oom", "backlog"}, for_oom{"oom"};

/// `instead` is what does the same, or a part of it; it counts where `instead_works`.
CheckRecord check_mechanism(std::string name, const Capability& capability, std::string works,
                            const std::vector<std::string>& needed_for, bool instead_works = false,
                            const std::string& instead = "") {
    CheckRecord check{.name = std::move(name), .needed_for = needed_for};
    if (capability.works) {
        check.state = ok;
        check.detail = std::move(works);
    } else {
        check.state = instead_works ? degraded : missing;
        check.detail = capability.why + (instead_works ? "; " + instead + " instead" : "");
    }
    return check;
}

/// Each cgroup version has all that is needed; where there is none, no cgroup's name and limit is known.
CheckRecord check_cgroup(CgroupVersion version) {
    if (version == CgroupVersion::unknown)
        return {.name = "cgroup",
                .state = missing,
                .detail = "/sys/fs/cgroup has no control groups",
                .hint = "in a container, mount the node's /sys/fs/cgroup",
                .needed_for = for_both};
    std::string detail = version == CgroupVersion::hybrid ? "versions 1 and 2 (hybrid)"
                         : version == CgroupVersion::v1   ? "version 1"
                                                          : "version 2";
    return {.name = "cgroup", .state = ok, .detail = std::move(detail), .needed_for = for_both};
}

CheckRecord check_lockdown(const std::string& lockdown) {
    if (lockdown == "confidentiality")
        return {.name = "lockdown",
                .state = degraded,
                .detail = "confidentiality: nothing may read the kernel's memory; http does not need to",
                .hint = "boot without lockdown=confidentiality",
                .needed_for = for_both};
    return {.name = "lockdown",
            .state = ok,
            .detail = lockdown.empty() ? "the kernel tells of none" : lockdown,
            .needed_for = for_both};
}

}  // namespace

std::vector<CheckRecord> check_features(const Features& features) {
    const bool programs = features.programs.works && features.btf.works;
    const bool kprobe = features.kprobe.works && programs, fentry = features.fentry.works && programs;
    const bool tracepoint = features.tracepoint.works;

    std::vector<CheckRecord> checks{
        {.name = "kernel", .state = ok, .detail = "Linux " + features.release, .needed_for = for_both},
        check_cgroup(features.cgroup),
        check_lockdown(features.lockdown)};
    const std::string types = features.btf_file.empty() ? "the kernel's own" : "of " + features.btf_file;
    checks.push_back(check_mechanism("btf", features.btf, types, for_both));
    if (!features.btf.works && features.btf_file.empty()) checks.back().hint = "--btf FILE for oom and backlog; http needs none";
    checks.push_back(
        check_mechanism("bpf-programs", features.programs, "they read the kernel's memory and send events", for_both));
    checks.push_back(check_mechanism("kprobe", features.kprobe, "attaches", for_both, fentry, "fentry"));
    checks.push_back(check_mechanism("fentry", features.fentry, "attaches", for_both, kprobe, "kprobe"));
    checks.push_back(check_mechanism("raw-tracepoint", features.raw_tracepoint,
                                     features.victim_is_task ? "mark_victim has the task" : "mark_victim has the process id only",
                                     for_oom, kprobe || fentry || tracepoint,
                                     kprobe || fentry ? "a probe" : "the tracepoint's record"));
    checks.push_back(check_mechanism("tracepoint", features.tracepoint, "oom:mark_victim", for_oom,
                                     kprobe || fentry || features.kmsg.works, kprobe || fentry ? "a probe" : "the kernel's log"));
    checks.push_back(check_mechanism("kernel-log", features.kmsg, "/dev/kmsg", for_oom, kprobe || fentry, "a probe"));
    return checks;
}

}  // namespace podsnoop
