#include "attribute/node_files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <tuple>
#include <utility>

#include "attribute/hosts_file.hpp"
#include "attribute/log_names.hpp"
#include "attribute/pod_names.hpp"
#include "attribute/pod_network.hpp"
#include "attribute/pod_processes.hpp"
#include "attribute/root_file.hpp"
#include "attribute/runtime_config.hpp"

namespace podsnoop {

namespace {

// Logs of dead containers stay for long: some hundred thousand names are read in a tenth of a second.
constexpr std::size_t most_names = 262'144, most_hosts_bytes = 64 * 1024, most_config_bytes = 1024 * 1024;

using Name = std::pair<std::string, std::string>;  // namespace, name

/// What the names of files and folders say.
struct FileNames {
    std::map<std::string, Name, std::less<>> pods;              // by uid; empty names where two are told
    std::map<std::string, ContainerLog, std::less<>> containers;  // by id
    std::set<std::string, std::less<>> kept;                    // uids whose folder the kubelet keeps
    std::set<std::string, std::less<>> sandboxes;               // containerd's, by id
    bool any_folder = false;                                    // one of the kubelet's is there
};

FileNames read_file_names(const std::string& root) {
    FileNames names;
    if (const auto folders = list({root, "/var/log/pods"}, most_names)) {
        names.any_folder = true;
        for (const std::string& folder : *folders) {
            auto pod = read_pod_log_folder(folder);
            if (!pod) continue;
            Name name{std::move(pod->namespace_name), std::move(pod->pod_name)};
            const auto [at, is_new] = names.pods.try_emplace(pod->uid, name);
            if (!is_new && at->second != name) at->second = {};
        }
    }
    if (const auto logs = list({root, "/var/log/containers"}, most_names))
        for (const std::string& log : *logs)
            if (auto container = read_container_log(log))
                names.containers.try_emplace(container->container_id, std::move(*container));
    if (const auto folders = list({root, "/var/lib/kubelet/pods"}, most_names)) {
        names.any_folder = true;
        for (const std::string& folder : *folders)
            if (read_pod_uid(folder) == folder) names.kept.insert(folder);
    }
    for (const char* state : {"/run/containerd", "/run/k3s/containerd", "/run/k0s/containerd"})
        if (auto ids = list({root, std::string(state) + "/io.containerd.grpc.v1.cri/sandboxes"}, most_names))
            names.sandboxes.insert(std::make_move_iterator(ids->begin()), std::make_move_iterator(ids->end()));
    return names;
}

std::optional<RuntimeConfig> find_runtime_config(const std::string& root, const std::string& container_id) {
    for (const std::string& path : runtime_config_paths(container_id))
        if (const auto text = read({root, path}, most_config_bytes)) return read_runtime_config(*text);
    return std::nullopt;
}

/// Puts together what is known of a pod that lives.
class PodReader {
  public:
    PodReader(const std::string& root, const FileNames& names, std::uint64_t node_netns)
        : root_(root), names_(names), node_netns_(node_netns) {}

    PodRecord read(const std::string& uid, const PodProcesses& processes);

  private:
    void read_containers(PodRecord& pod, const PodProcesses& processes) const;
    void read_network(PodRecord& pod, const PodProcesses& processes);

    const std::string& root_;
    const FileNames& names_;
    std::uint64_t node_netns_;
    std::optional<Result<NodeVeths>> veths_;  // once it is needed
};

PodRecord PodReader::read(const std::string& uid, const PodProcesses& processes) {
    PodRecord pod;
    pod.uid = uid;
    if (const auto name = names_.pods.find(uid); name != names_.pods.end()) std::tie(pod.namespace_name, pod.name) = name->second;
    pod.cgroup = processes.cgroup;
    pod.netns = processes.netns;
    read_containers(pod, processes);
    read_network(pod, processes);
    return pod;
}

/// A container's name is in its log's; whose log nobody keeps may be a sandbox.
void PodReader::read_containers(PodRecord& pod, const PodProcesses& processes) const {
    for (const ContainerProcess& process : processes.containers) {
        const std::string& id = process.container_id;
        if (id.empty()) continue;
        std::string name;
        const auto log = names_.containers.find(id);
        const bool is_ours = log != names_.containers.end() && log->second.pod_name == pod.name &&
                             log->second.namespace_name == pod.namespace_name;
        if (is_ours) {
            name = log->second.container_name;
        } else if (names_.sandboxes.contains(id) && !pod.name.empty()) {
            continue;
        } else if (auto config = find_runtime_config(root_, id); config && (config->uid.empty() || config->uid == pod.uid)) {
            if (pod.name.empty()) pod.namespace_name = config->namespace_name, pod.name = config->pod_name;
            if (config->is_sandbox) continue;
            name = std::move(config->container_name);
        } else if (process.comm == "pause") {
            continue;  // the program of Kubernetes' sandbox image
        }
        // By name; of one name, as when a container is replaced, the newest last.
        PodContainer& container =
            *pod.containers.emplace(std::ranges::upper_bound(pod.containers, name, {}, &PodContainer::name));
        container.name = std::move(name);
        container.id = id;
        container.pid = process.pid;
    }
    if (!pod.containers.empty()) pod.phase = "Running";
}

void PodReader::read_network(PodRecord& pod, const PodProcesses& processes) {
    std::optional<HostsFile> hosts;
    // Written when a container starts: of a pod whose containers do not run it may be of the sandbox before.
    if (const auto text = podsnoop::read({root_, "/var/lib/kubelet/pods/" + pod.uid + "/etc-hosts"}, most_hosts_bytes);
        text && !pod.containers.empty())
        hosts = read_hosts_file(*text);
    pod.host_network = pod.netns != 0 && node_netns_ != 0 ? pod.netns == node_netns_ : hosts && hosts->host_network;
    if (pod.host_network) return;
    if (hosts) pod.addresses = std::move(hosts->addresses);
    if (processes.netns_pid == 0) return;

    const auto netns = NetworkNamespace::open(fmt::format("{}/proc/{}/ns/net", root_, processes.netns_pid));
    if (!netns || netns->inode() != pod.netns) return;
    auto links = read_links(*netns);
    if (!links) return;
    // CNI names a pod's interface so wherever Kubernetes asks it to; others may be the pod's own doing.
    const auto eth0 = std::ranges::find(*links, "eth0", &NetworkLink::name);
    const auto is_there = [&](const Address& address) {
        return std::ranges::any_of(
            *links, [&](const NetworkLink& link) { return std::ranges::find(link.addresses, address) != link.addresses.end(); });
    };
    // The kubelet's word is the better one, as a pod may have many addresses, but the pod can write there.
    if (pod.addresses.empty() || !std::ranges::all_of(pod.addresses, is_there))
        pod.addresses = eth0 != links->end() ? eth0->addresses : std::vector<Address>();
    if (eth0 == links->end()) return;
    if (!veths_) {
        const auto node = NetworkNamespace::open(root_ + "/proc/1/ns/net");
        veths_ = node ? NodeVeths::read(*node) : Result<NodeVeths>(std::unexpected(node.error()));
    }
    if (*veths_) pod.interface = (**veths_).leading_to(*netns, *eth0);
}

}  // namespace

Result<std::vector<PodRecord>> read_node_files(const std::string& root) {
    // Processes first: a pod whose process is seen has its folders by then.
    const auto processes = read_pod_processes(root);
    if (!processes) return std::unexpected(processes.error());
    const FileNames names = read_file_names(root);
    if (processes->pods.empty() && !names.any_folder)
        return fail("cannot find pods", root.empty() ? "this node" : root,
                    "no process of a pod, no /var/log/pods, no /var/lib/kubelet/pods",
                    "is this a Kubernetes node? in a debug pod, --root /host is the node's");
    const auto home = NetworkNamespace::current();
    std::vector<PodRecord> pods;
    PodReader reader(root, names, processes->node_netns);
    for (const auto& [uid, of_pod] : processes->pods) pods.push_back(reader.read(uid, of_pod));
    // One that could not be left would be taken for ours from now on.
    if (const auto now = NetworkNamespace::current(); home && (!now || now->inode() != home->inode()))
        return fail("cannot return to the own network namespace", "", now ? "this thread is in another" : now.error().why);
    for (const std::string& uid : names.kept) {
        if (processes->pods.contains(uid)) continue;
        PodRecord pod;
        pod.uid = uid;
        if (const auto name = names.pods.find(uid); name != names.pods.end())
            std::tie(pod.namespace_name, pod.name) = name->second;
        pods.push_back(std::move(pod));
    }
    return pods;
}

}  // namespace podsnoop
