// Who listens on this node, in all its network namespaces, with how long a queue, and which processes they are.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "attribute/socket_owners.hpp"
#include "attribute/tcp_sockets.hpp"
#include "base/time.hpp"
#include "event/backlog.hpp"
#include "probe/netstat_backlog.hpp"

namespace podsnoop {

class NodeListeners {
  public:
    /// `root`: what the node's /proc stands below.
    explicit NodeListeners(std::string root) : root_(std::move(root)), owners_(root_) {}

    /// Fills in the process, and the cgroup where that is unknown, as far as they can be told.
    void find_owner(Listener& listener);
    /// All listeners with their owners, and what their namespaces counted.
    std::vector<ListenerState> list(Time now);
    /// The same by namespace, without owners. `anew`: also of namespaces of the last seconds.
    std::vector<NamespaceLook> look(Time now, bool anew);

  private:
    using Clock = std::chrono::steady_clock;
    struct PastOwner {
        SocketOwner owner;
        Clock::time_point until;
    };
    std::optional<SocketOwner> owner_of(const Listener& listener);
    struct Known {
        std::vector<TcpSocket> listeners;
        Clock::time_point until;  // they may be others from then on
    };
    void find_namespaces();
    const std::vector<TcpSocket>& listeners_in(std::uint64_t netns);

    std::string root_;
    SocketOwners owners_;
    std::map<std::uint64_t, std::string> namespaces_;  // by inode: a way in, "/proc/4711/ns/net"
    Clock::time_point namespaces_until_;               // looked for again from then on
    std::map<std::uint64_t, Known> known_;
    std::map<std::pair<std::uint64_t, Endpoint>, PastOwner> past_;  // of listeners that may be gone by now
};

}  // namespace podsnoop
