// The processes of pods, found by their cgroups: which run, in which container, in which network namespace.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace podsnoop {

/// The first process of a container: the one that lives longest. Those that exec put there began later.
struct ContainerProcess {
    std::string container_id;   ///< empty: beside the pod's containers
    std::uint32_t pid = 0;      ///< in the process namespace of that /proc
    std::uint64_t started = 0;  ///< since boot, in ticks
    std::string comm;
};

struct PodProcesses {
    std::string cgroup;                        ///< the pod's own; empty where it cannot be told
    std::vector<ContainerProcess> containers;  ///< each once, the one that began first at the front
    std::uint64_t netns = 0;                   ///< inode of the network namespace; 0 where unknown
    std::uint32_t netns_pid = 0;               ///< a process in it; 0 where unknown
};

struct NodeProcesses {
    std::map<std::string, PodProcesses> pods;  ///< by uid; only those that have a process
    std::uint64_t node_netns = 0;              ///< that of process 1; 0 where unknown
};

/// One pass over /proc below `root` (empty: ours), of at most 262,144 processes. Processes that come and go meanwhile
/// are there or not.
Result<NodeProcesses> read_pod_processes(const std::string& root);

}  // namespace podsnoop
