#include "attribute/pod_processes.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string_view>
#include <tuple>

#include "attribute/cgroup_path.hpp"
#include "attribute/root_file.hpp"
#include "base/fd.hpp"
#include "base/number.hpp"
#include "node/file.hpp"

namespace podsnoop {

namespace {

constexpr std::size_t most_names = 262'144;

/// Files of one process, read into a buffer that is used again: there are thousands of them.
class ProcFolder {
  public:
    explicit ProcFolder(const std::string& root) : fd_(::open((root + "/proc").c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)) {}

    /// /proc/PID/NAME, at most its first 16 KiB; empty where it is gone. Valid until the next call.
    std::string_view read(std::uint32_t pid, std::string_view name) {
        const Fd file(::openat(fd_.get(), path(pid, name), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW));
        if (!file) return {};
        std::size_t length = 0;
        while (length < buffer_.size()) {
            const ssize_t count = ::read(file.get(), buffer_.data() + length, buffer_.size() - length);
            if (count <= 0) break;
            length += static_cast<std::size_t>(count);
        }
        return {buffer_.data(), length};
    }

    /// The inode of a process's network namespace; 0 where unknown.
    std::uint64_t netns(std::uint32_t pid) {
        const ssize_t length = ::readlinkat(fd_.get(), path(pid, "ns/net"), buffer_.data(), buffer_.size());
        const std::string_view link(buffer_.data(), static_cast<std::size_t>(std::max<ssize_t>(length, 0)));
        return inode_in_link(link, "net").value_or(0);
    }

  private:
    const char* path(std::uint32_t pid, std::string_view name) {
        *fmt::format_to_n(path_.data(), path_.size() - 1, "{}/{}", pid, name).out = '\0';
        return path_.data();
    }

    Fd fd_;
    std::array<char, 32> path_{};
    std::array<char, 16'384> buffer_{};
};

/// "4711 (name) S 1 …" (proc(5)); a name may have blanks and brackets. Nothing of one that is dead and not yet reaped.
std::optional<ContainerProcess> read_stat(std::uint32_t pid, std::string_view stat) {
    const std::size_t open = stat.find('('), close = stat.rfind(')');
    if (open == std::string_view::npos || close == std::string_view::npos || close < open) return std::nullopt;
    ContainerProcess process{
        .container_id = {}, .pid = pid, .started = 0, .comm = std::string(stat.substr(open + 1, close - open - 1))};
    stat.remove_prefix(close + 1);
    constexpr unsigned state = 3, start_time = 22;  // fields from 1 on; the name was the second
    for (unsigned field = state; field <= start_time; ++field) {
        stat.remove_prefix(std::min(stat.find_first_not_of(' '), stat.size()));
        const std::string_view text = stat.substr(0, stat.find(' '));
        stat.remove_prefix(text.size());
        if (field == state && (text == "Z" || text == "X")) return std::nullopt;
        if (field != start_time) continue;
        const auto started = parse_number<std::uint64_t>(text);
        if (!started) return std::nullopt;
        process.started = *started;
    }
    return process;
}

/// The part of a path that is the pod's. Where the reader's cgroup namespace is another one than the node's, the path
/// begins with "/..", and only if the whole of it is below there can it be told as the node does.
std::string cgroup_of_pod(std::string_view path) {
    std::string_view below = path;
    take_cgroup_owner(below);
    path = path.substr(0, static_cast<std::size_t>(below.data() - path.data()));
    while (path.ends_with('/')) path.remove_suffix(1);
    bool relative = false;
    while (path.starts_with("/../")) {
        path.remove_prefix(3);
        relative = true;
    }
    if (path.contains(':') || (relative && !path.starts_with("/kubepods"))) return {};
    return std::string(path);
}

bool began_before(const ContainerProcess& a, const ContainerProcess& b) {
    return std::tie(a.started, a.pid) < std::tie(b.started, b.pid);
}

void add(PodProcesses& pod, ContainerProcess process) {
    const auto same = std::ranges::find(pod.containers, process.container_id, &ContainerProcess::container_id);
    if (same == pod.containers.end()) pod.containers.push_back(std::move(process));
    else if (began_before(process, *same)) *same = std::move(process);
}

/// The pod's namespace is that of what began first: the sandbox, before any container could make one of its own.
void find_netns(ProcFolder& proc, const std::string& uid, PodProcesses& pod) {
    for (const ContainerProcess& process : pod.containers) {
        const std::uint64_t netns = proc.netns(process.pid);
        if (netns == 0) continue;
        // Its number may be another process's by now.
        const auto owner = read_cgroup_path(cgroup_of(proc.read(process.pid, "cgroup")));
        if (!owner || owner->uid != uid || owner->container_id != process.container_id) continue;
        pod.netns = netns;
        pod.netns_pid = process.pid;
        return;
    }
}

}  // namespace

Result<NodeProcesses> read_pod_processes(const std::string& root) {
    const auto names = list({root, "/proc"}, most_names);
    if (!names) return std::unexpected(names.error());
    ProcFolder proc(root);
    NodeProcesses node;
    for (const std::string& name : *names) {
        const auto pid = parse_number<std::uint32_t>(name);
        if (!pid || *pid == 0) continue;
        const std::string_view text = proc.read(*pid, "cgroup");
        if (!text.contains("pod")) continue;  // most of a node's processes: spares reading the paths
        const std::string path(cgroup_of(text));
        auto owner = read_cgroup_path(path);
        if (!owner) continue;
        auto process = read_stat(*pid, proc.read(*pid, "stat"));
        if (!process) continue;
        process->container_id = std::move(owner->container_id);
        PodProcesses& pod = node.pods[owner->uid];
        if (pod.cgroup.empty()) pod.cgroup = cgroup_of_pod(path);
        add(pod, std::move(*process));
    }
    node.node_netns = proc.netns(1);
    for (auto& [uid, pod] : node.pods) {
        std::ranges::sort(pod.containers, began_before);
        find_netns(proc, uid, pod);
    }
    return node;
}

}  // namespace podsnoop
