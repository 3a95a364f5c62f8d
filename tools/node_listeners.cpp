#include "node_listeners.hpp"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <optional>
#include <string_view>

#include "node/file.hpp"
#include "node/netns.hpp"
#include "probe/netstat.hpp"

namespace podsnoop {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t most_namespaces = 4096;
constexpr auto namespaces_stay = 5s;
constexpr auto listeners_stay = 1s;

/// The inode in "net:[4026531840]".
std::optional<std::uint64_t> inode_of(std::string_view link) {
    constexpr std::string_view start = "net:[";
    std::uint64_t inode = 0;
    if (!link.starts_with(start) || std::from_chars(link.data() + start.size(), link.data() + link.size(), inode).ec != std::errc{}) return std::nullopt;
    return inode;
}

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

/// By the processes that are in them: a namespace without any has nobody who could accept.
void NodeListeners::find_namespaces() {
    if (Clock::now() < namespaces_until_) return;
    namespaces_.clear();
    std::error_code error;
    for (std::filesystem::directory_iterator each(root_ + "/proc", error), end; !error && each != end; each.increment(error)) {
        const std::string name = each->path().filename();
        if (name.empty() || name[0] < '0' || name[0] > '9' || namespaces_.size() >= most_namespaces) continue;
        const std::string path = each->path().string() + "/ns/net";
        const auto link = read_link(path);
        if (const auto inode = inode_of(link.value_or(""))) namespaces_.emplace(*inode, path);
    }
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

void NodeListeners::find_owner(Listener& listener) {
    if (known_.size() > most_namespaces) known_.clear();
    std::vector<TcpSocket> same;
    std::ranges::copy_if(listeners_in(listener.netns), std::back_inserter(same),
                         [&](const TcpSocket& socket) { return socket.local == listener.endpoint; });
    std::optional<SocketOwner> owner;
    for (const TcpSocket& socket : same) {
        auto found = owners_.find(socket);
        if (!found || found->pid == 0) {
            owners_.look_for(std::span(&socket, 1));
            found = owners_.find(socket);
        }
        if (!found) return;
        // Several may share a port: then there is no one process.
        if (owner && owner->pid != found->pid) return;
        owner = std::move(found);
    }
    if (!owner) return;
    listener.pid = owner->pid;
    listener.comm = owner->comm;
    if (listener.cgroup.empty() && owner->cgroup != "/") listener.cgroup = owner->cgroup;
}

std::vector<NamespaceLook> NodeListeners::look(Time now) {
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
    for (NamespaceLook& look : look(now))
        for (ListenerState& state : look.listeners) {
            find_owner(state.listener);
            states.push_back(std::move(state));
        }
    return states;
}

}  // namespace podsnoop
