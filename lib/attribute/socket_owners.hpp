// Which process, and so which pod, a socket belongs to: by the cgroup it was made in, or by who holds it
// open.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "attribute/cgroup_tree.hpp"
#include "attribute/tcp_sockets.hpp"

namespace podsnoop {

struct SocketOwner {
    std::uint32_t pid = 0;  ///< the lowest that holds it; 0 where only the cgroup is known
    std::string comm;       ///< of that process, any bytes; empty where it is not known
    std::string cgroup;     ///< of the process, or that the socket was made in
};

/// Finds owners below `root` ("" for this machine's own /proc and cgroups).
class SocketOwners {
  public:
    explicit SocketOwners(std::string root = {});

    /// What can be told without looking through processes: by a process that was seen to hold the socket and
    /// still does, else by the cgroup where that is a pod's. Nothing where several pods hold it.
    std::optional<SocketOwner> find(const TcpSocket& socket);

    /// Looks through processes for those that hold these sockets, so that `find` knows them. First those of
    /// the cgroup that a socket was made in; where that does not tell, all in the socket's network namespace,
    /// which takes up to 0.1 ms a process of the node.
    void look_for(std::span<const TcpSocket> sockets);

  private:
    struct Holder {
        std::uint32_t pid = 0, fd = 0;
        bool contested = false;  ///< held in several cgroups
    };
    /// Path of a socket's cgroup; empty where that is unknown or tells nothing.
    const std::string& cgroup_made_in(const TcpSocket& socket);
    [[nodiscard]] std::string cgroup_of_process(std::uint32_t pid) const;
    [[nodiscard]] bool holds(std::uint32_t pid, std::uint32_t fd, std::uint32_t inode) const;
    void look_through(std::uint32_t pid);
    void look_through_all(std::span<const std::uint64_t> namespaces);

    std::string root_;
    CgroupTree cgroups_;
    std::unordered_map<std::uint64_t, std::string> cgroup_paths_;  ///< by id, at most `cgroup_limit`
    std::unordered_map<std::uint32_t, Holder> holders_;            ///< by inode, at most `holder_limit`
    std::size_t links_left_ = 0;  ///< how many more descriptors this round may look at
};

}  // namespace podsnoop
