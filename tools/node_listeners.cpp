#include "node_listeners.hpp"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <string_view>

#include "base/letters.hpp"
#include "node/file.hpp"
#include "node/netns.hpp"
#include "probe/netstat.hpp"

namespace podsnoop {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t most_namespaces = 4096;
constexpr auto namespaces_stay = 5s;
constexpr auto listeners_stay = 1s;
// What overflowed may be told of after its process ended.
constexpr std::size_t most_past = 4096;
constexpr auto past_stays = 10s;

/// A namespace, unless the way in leads to another one by now.
std::optional<NetworkNamespace> open(const std::string& path, std::uint64_t inode) {
    auto netns = NetworkNamespace::open(path);
    if (!netns || netns->inode() != inode) return std::nullopt;
    return std::move(*netns);
}

Listener listener_of(const TcpSocket& socket) {
    Listener listener;
    listener.endpoint = socket.local;
    listener.netns = socket.netns;
    return listener;
}

}  // namespace

/// By the processes that are in them, and by the names that `ip netns` and container runtimes give them.
void NodeListeners::find_namespaces() {
    if (Clock::now() < namespaces_until_) return;
    namespaces_.clear();
    const auto each_in = [&](const std::string& folder, auto take) {
        std::error_code error;
        for (std::filesystem::directory_iterator each(root_ + folder, error), end; !error && each != end; each.increment(error))
            if (namespaces_.size() < most_namespaces) take(each->path());
    };
    for (const char* folder : {"/run/netns", "/run/docker/netns"})
        each_in(folder, [&](const std::filesystem::path& path) {
            if (const auto netns = NetworkNamespace::open(path.string())) namespaces_.emplace(netns->inode(), path);
        });
    each_in("/proc", [&](const std::filesystem::path& process) {
        const std::string name = process.filename();
        if (!is_digit(name[0])) return;
        const std::string path = process.string() + "/ns/net";
        if (const auto inode = inode_in_link(read_link(path).value_or(""), "net")) namespaces_.emplace(*inode, path);
    });
    namespaces_until_ = Clock::now() + namespaces_stay;
}

const std::vector<TcpSocket>& NodeListeners::listeners_in(std::uint64_t netns) {
    Known& known = known_[netns];
    if (Clock::now() < known.until) return known.listeners;
    known = {.listeners = {}, .until = Clock::now() + listeners_stay};
    find_namespaces();
    const auto way = namespaces_.find(netns);
    const auto opened = way == namespaces_.end() ? std::nullopt : open(way->second, netns);
    if (!opened) return known.listeners;
    auto sockets = TcpSockets::open(*opened);
    if (sockets) known.listeners = sockets->listeners();
    return known.listeners;
}

/// The one process that holds the listener, or all of those that share its port.
std::optional<SocketOwner> NodeListeners::owner_of(const Listener& listener) {
    std::optional<SocketOwner> owner;
    for (const TcpSocket& socket : listeners_in(listener.netns)) {
        if (socket.local != listener.endpoint) continue;
        auto found = owners_.find(socket);
        if (!found || found->pid == 0) {
            owners_.look_for(std::span(&socket, 1));
            found = owners_.find(socket);
        }
        if (!found || (owner && owner->pid != found->pid)) return std::nullopt;
        owner = std::move(found);
    }
    return owner;
}

void NodeListeners::find_owner(Listener& listener) {
    if (known_.size() > most_namespaces) known_.clear();
    if (past_.size() > most_past) past_.clear();
    const std::pair key(listener.netns, listener.endpoint);
    std::optional<SocketOwner> owner = owner_of(listener);
    if (owner) {
        past_[key] = {*owner, Clock::now() + past_stays};
    } else if (const auto past = past_.find(key); past != past_.end() && Clock::now() < past->second.until) {
        owner = past->second.owner;
    }
    if (!owner) return;
    listener.pid = owner->pid;
    listener.comm = owner->comm;
    if (listener.cgroup.empty() && owner->cgroup != "/") listener.cgroup = owner->cgroup;
}

std::vector<NamespaceLook> NodeListeners::look(Time now, bool anew) {
    if (anew) namespaces_until_ = {};
    find_namespaces();
    std::vector<NamespaceLook> looks;
    for (const auto& [inode, path] : namespaces_) {
        const auto netns = open(path, inode);
        if (!netns) continue;
        const auto overflows = read_listen_overflows(*netns);
        auto sockets = TcpSockets::open(*netns);
        if (!overflows || !sockets) continue;
        NamespaceLook look{.netns = inode, .overflows = *overflows, .listeners = {}};
        for (const TcpSocket& socket : sockets->listeners())
            look.listeners.push_back({.time = now,
                                      .listener = listener_of(socket),
                                      .length = socket.queue_length,
                                      .limit = socket.queue_limit,
                                      .namespace_overflows = overflows});
        looks.push_back(std::move(look));
    }
    return looks;
}

std::vector<ListenerState> NodeListeners::list(Time now) {
    std::vector<ListenerState> states;
    for (NamespaceLook& look : look(now, true))
        for (ListenerState& state : look.listeners) {
            find_owner(state.listener);
            states.push_back(std::move(state));
        }
    return states;
}

}  // namespace podsnoop
