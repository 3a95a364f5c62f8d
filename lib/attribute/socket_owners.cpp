#include "attribute/socket_owners.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <utility>

#include "attribute/cgroup_path.hpp"
#include "node/file.hpp"
#include "node/folder.hpp"

namespace podsnoop {

namespace {

constexpr std::size_t cgroup_limit = 4096, holder_limit = 65536, process_limit = 65536;

/// Descriptors that one round may look at: a second's worth.
constexpr std::size_t link_limit = 500'000;

/// std::ranges::contains(), which g++ 12 does not have.
template <class Range, class T>
bool contains(const Range& range, const T& value) {
    return std::ranges::find(range, value) != std::ranges::end(range);
}

}  // namespace

SocketOwners::SocketOwners(std::string root) : root_(std::move(root)), cgroups_(root_) {}

std::string SocketOwners::cgroup_of_process(std::uint32_t pid) const {
    // A dozen lines with v1; paths of nested clusters are long.
    const auto text = read_file(root_ + "/proc/" + std::to_string(pid) + "/cgroup", 64 * 1024);
    return text ? std::string(cgroup_of(*text)) : "";
}

bool SocketOwners::holds(std::uint32_t pid, std::uint32_t fd, std::uint32_t inode) const {
    const auto link = read_link(root_ + "/proc/" + std::to_string(pid) + "/fd/" + std::to_string(fd));
    return link && inode_in_link(*link, "socket") == inode;
}

const std::string& SocketOwners::cgroup_made_in(const TcpSocket& socket) {
    static const std::string none;
    if (socket.cgroup_id == 0) return none;
    if (const auto known = cgroup_paths_.find(socket.cgroup_id); known != cgroup_paths_.end()) return known->second;
    auto path = cgroups_.path_of(socket.cgroup_id);
    if (!path) return none;  // gone, and its id with it: nothing to remember
    // Beside cgroup v1, where the pods are, all is in the root of v2.
    if (*path == "/") path->clear();
    if (cgroup_paths_.size() >= cgroup_limit) cgroup_paths_.clear();
    return cgroup_paths_[socket.cgroup_id] = std::move(*path);
}

std::optional<SocketOwner> SocketOwners::find(const TcpSocket& socket) {
    if (const auto known = holders_.find(socket.inode); socket.inode != 0 && known != holders_.end()) {
        const Holder& holder = known->second;
        if (holder.contested) return std::nullopt;
        SocketOwner owner{.pid = holder.pid, .comm = {}, .cgroup = cgroup_of_process(holder.pid)};
        owner.comm = read_file(root_ + "/proc/" + std::to_string(holder.pid) + "/comm", 64).value_or("");
        if (owner.comm.ends_with('\n')) owner.comm.pop_back();
        // Asked last: what was read before is then of the process that held it, not of another with its
        // number.
        if (holds(holder.pid, holder.fd, socket.inode)) return owner;
        holders_.erase(known);
    }
    const std::string& made_in = cgroup_made_in(socket);
    if (!read_cgroup_path(made_in)) return std::nullopt;
    return SocketOwner{.pid = 0, .comm = {}, .cgroup = made_in};
}

void SocketOwners::look_for(std::span<const TcpSocket> sockets) {
    links_left_ = link_limit;
    const auto unknown = [&](const TcpSocket& socket) {
        const auto known = holders_.find(socket.inode);
        return socket.inode != 0 && (known == holders_.end() || !holds(known->second.pid, known->second.fd, socket.inode));
    };
    std::vector<std::string> looked_in;
    for (const TcpSocket& socket : sockets) {
        const std::string& made_in = cgroup_made_in(socket);
        if (made_in.empty() || !unknown(socket) || contains(looked_in, made_in)) continue;
        looked_in.push_back(made_in);
        for (const std::uint32_t pid : cgroups_.processes_of(made_in)) look_through(pid);
    }
    std::vector<std::uint64_t> namespaces;
    for (const TcpSocket& socket : sockets)
        if (unknown(socket) && !read_cgroup_path(cgroup_made_in(socket)) && !contains(namespaces, socket.netns))
            namespaces.push_back(socket.netns);
    if (!namespaces.empty()) look_through_all(namespaces);
}

void SocketOwners::look_through_all(std::span<const std::uint64_t> namespaces) {
    holders_.clear();  // those of gone sockets with them
    std::vector<std::uint32_t> pids;
    for_each_number(root_ + "/proc", [&](std::uint32_t pid) {
        pids.push_back(pid);
        return pids.size() < process_limit;
    });
    std::ranges::sort(pids);
    for (const std::uint32_t pid : pids) {
        struct stat netns{};
        if (::stat((root_ + "/proc/" + std::to_string(pid) + "/ns/net").c_str(), &netns) == 0 &&
            contains(namespaces, std::uint64_t{netns.st_ino}))
            look_through(pid);
    }
}

void SocketOwners::look_through(std::uint32_t pid) {
    const std::string folder = root_ + "/proc/" + std::to_string(pid) + "/fd";
    std::optional<std::string> cgroup;  // read where it is needed
    for_each_number(folder, [&](std::uint32_t fd) {
        if (links_left_ == 0) return false;
        --links_left_;
        const auto link = read_link(folder + "/" + std::to_string(fd));
        const auto inode = link ? inode_in_link(*link, "socket") : std::nullopt;
        if (!inode) return true;
        if (holders_.size() >= holder_limit) return false;
        auto [known, is_new] = holders_.try_emplace(*inode, Holder{.pid = pid, .fd = fd});
        if (known->second.pid == pid) known->second.fd = fd;
        if (is_new || known->second.pid == pid) return true;
        if (!holds(known->second.pid, known->second.fd, *inode)) {
            known->second = {.pid = pid, .fd = fd};
            return true;
        }
        // Workers share the listener of the process that made them; another pod's process should not.
        if (!cgroup) cgroup = cgroup_of_process(pid);
        if (*cgroup != cgroup_of_process(known->second.pid)) known->second.contested = true;
        if (pid < known->second.pid) known->second = {.pid = pid, .fd = fd, .contested = known->second.contested};
        return true;
    });
}

}  // namespace podsnoop
