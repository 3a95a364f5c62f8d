// What podsnoop check tells of this process: what it may do, and where on the node it stands.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "event/check.hpp"
#include "event/pod.hpp"

namespace podsnoop {

/// A record for each capability that some command uses.
std::vector<CheckRecord> check_capabilities();

/// Whether the system calls that a command does not need can be given up.
CheckRecord check_seccomp();
/// Whether the network namespaces of the node can be entered. `root`: what the node's /proc stands below.
CheckRecord check_namespaces(const std::string& root);

/// Whether /proc shows the node's processes. `found`: the pods that the node's files told of.
CheckRecord check_processes(const std::string& root, std::span<const PodRecord> found);

}  // namespace podsnoop
