// The node's own files as a source of pods: what /proc, the kubelet's folders and the container runtime's state say,
// with no credential at all.
#pragma once

#include <string>
#include <vector>

#include "base/result.hpp"
#include "event/pod.hpp"

namespace podsnoop {

/// What can be found below `root` ("/host" in a debug pod; empty: our own root), its /proc included, of pods that have
/// a process, and of those that have none but whose kubelet still keeps their folder: what it does until they are deleted,
/// while their logs stay longer. Pods whose name no file says are among them, without one: merge_pods() may know it.
///
/// `phase` is "Running" where a container runs, an init container too, and unknown else. `addresses` are told only of pods
/// that live: those in the pod's network namespace where we may enter it, else those the kubelet wrote into its
/// etc-hosts.
///
/// Fails where there is no /proc, or nothing of any pod.
Result<std::vector<PodRecord>> read_node_files(const std::string& root);

/// Joins, by uid, what names the pods (a kubelet, a saved answer) and what was found on the node. The first decides what it
/// knows; processes, namespace, cgroup, interface and what else it does not know come from the second. Of pods that it does
/// not know, those that have a process and a name stay.
std::vector<PodRecord> merge_pods(std::vector<PodRecord> named, std::vector<PodRecord> found);

}  // namespace podsnoop
