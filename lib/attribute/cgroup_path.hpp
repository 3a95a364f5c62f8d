// Whose a cgroup is, read from its path alone: the kubelet puts a pod's uid into it, the runtime a container's id.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace podsnoop {

struct CgroupOwner {
    std::string uid;           ///< with dashes, as the API tells it; of a static pod its 32 hex digits
    std::string container_id;  ///< 64 hex digits; empty for the pod's own cgroup, and for what is in it beside containers
};

/// Reads a path as it stands in /proc/PID/cgroup or below the cgroup mount, of cgroup v1 or v2, by whichever driver and
/// runtime. Whatever stands above the pod does not matter: its node may be a container itself, or the path may be told
/// from inside another cgroup namespace ("/../../kubepods/…"). Of pods in pods it gives the outermost: a pod may name
/// the cgroups below its own as it likes. Nothing where no pod's cgroup is in it, or what looks like one has no such uid.
std::optional<CgroupOwner> read_cgroup_path(std::string_view path);

/// As read_cgroup_path, and leaves in `path` what stands below that pod: the pods of a node that is a pod.
std::optional<CgroupOwner> take_cgroup_owner(std::string_view& path);

/// Of a whole /proc/PID/cgroup, which has a line a hierarchy: the path that says the most of a pod, else the one of
/// cgroup v2, else the first. Empty where there is none, or where hierarchies name different pods.
std::string_view cgroup_of(std::string_view proc_pid_cgroup);

}  // namespace podsnoop
