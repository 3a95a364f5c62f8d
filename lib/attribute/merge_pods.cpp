#include <algorithm>
#include <map>
#include <string_view>
#include <utility>

#include "attribute/node_files.hpp"

namespace podsnoop {

namespace {

bool has_process(const PodRecord& pod) { return !pod.cgroup.empty() || pod.netns != 0 || !pod.containers.empty(); }

/// A container started again since the kubelet was asked has another id, and that of a living process is the newer one.
void merge_container(PodRecord& pod, PodContainer found) {
    auto known = std::ranges::find(pod.containers, found.id, &PodContainer::id);
    if (known == pod.containers.end() && !found.name.empty())
        known = std::ranges::find(pod.containers, found.name, &PodContainer::name);
    if (known != pod.containers.end()) {
        known->id = std::move(found.id);
        known->pid = found.pid;
        known->ended = false;
    } else if (!found.name.empty()) {
        pod.containers.push_back(std::move(found));
    }
}

void merge_pod(PodRecord& pod, PodRecord found) {
    if (pod.phase.empty()) pod.phase = std::move(found.phase);
    pod.netns = found.netns;
    pod.cgroup = std::move(found.cgroup);
    pod.interface = std::move(found.interface);
    for (PodContainer& container : found.containers) merge_container(pod, std::move(container));
    // A list cut down to names and addresses does not say so, and gives the node's address for the pod's.
    if (found.host_network) pod.host_network = true;
    if (pod.host_network) pod.addresses.clear();
    else if (pod.addresses.empty()) pod.addresses = std::move(found.addresses);
}

}  // namespace

std::vector<PodRecord> merge_pods(std::vector<PodRecord> named, std::vector<PodRecord> found) {
    std::map<std::string_view, PodRecord*> by_uid;
    for (PodRecord& pod : named)
        if (!pod.uid.empty()) by_uid.try_emplace(pod.uid, &pod);
    const bool only_found = named.empty();
    std::vector<PodRecord> unknown;
    for (PodRecord& pod : found) {
        if (const auto known = by_uid.find(pod.uid); known != by_uid.end()) merge_pod(*known->second, std::move(pod));
        else if (!pod.name.empty() && (only_found || has_process(pod))) unknown.push_back(std::move(pod));
    }
    named.insert(named.end(), std::make_move_iterator(unknown.begin()), std::make_move_iterator(unknown.end()));
    return named;
}

}  // namespace podsnoop
