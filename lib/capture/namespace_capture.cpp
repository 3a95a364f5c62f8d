#include "capture/namespace_capture.hpp"

#include <sys/epoll.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "node/reason.hpp"

namespace podsnoop {

namespace {

using std::chrono::steady_clock;

/// How long after its interface went a ring may still get a block: the retire timer once, and as much to
/// spare.
constexpr auto retire_grace = 2 * retire_time;
constexpr std::size_t most_remembered = 4096;  // interfaces, those that went away included

std::string names_of(const LinksByIndex& links) {
    constexpr std::size_t shown = 20;
    std::string text;
    std::size_t count = 0;
    for (const auto& [index, link] : links) {
        if (count++ == shown) return text + ", …";
        if (!text.empty()) text += ", ";
        text += link.name;
    }
    return text;
}

bool watch(int epoll, int fd) {
    epoll_event event{};
    event.events = EPOLLIN;
    return ::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0;
}

/// A failure with the name of the interface, where it names nothing else.
Result<void> of(const Tap& tap, Result<void> done) {
    if (!done && done.error().on.empty()) done.error().on = tap.name;
    return done;
}

}  // namespace

Result<NamespaceCapture> NamespaceCapture::open(NetworkNamespace netns, NamespaceOptions options, InterfaceList& interfaces,
                                                int epoll) {
    NamespaceCapture capture(std::move(netns), std::move(options), interfaces, epoll);
    auto visit = NetnsVisit::enter(capture.netns_);
    if (!visit) return std::unexpected(visit.error());
    if (auto done = capture.open_all(); !done) return std::unexpected(done.error());
    if (auto back = visit->leave(); !back) return std::unexpected(back.error());
    return capture;
}

/// Inside the namespace: looks at its interfaces and opens the sockets.
Result<void> NamespaceCapture::open_all() {
    auto links = Links::open();
    if (!links) return std::unexpected(links.error());
    note_links(*links);
    for (const std::string& name : options_.interfaces)
        if (links->index_of(name) == 0)
            return fail("cannot open interface", name, "no such interface", "there are: " + names_of(known_));
    if (options_.follows_links) {
        if (!watch(epoll_, links->monitor_fd())) return fail("cannot poll", "", reason_of(errno));
        links_ = std::move(*links);
    }
    if (options_.interfaces.empty()) {
        for (const auto& [index, link] : known_) add_interface(link.name, index);
        if (auto done = open_tap("", 0); !done) return done;
    }
    for (const std::string& name : options_.interfaces) {
        const auto is_it = [&](const auto& entry) { return entry.second.name == name; };
        if (auto done = open_tap(name, std::ranges::find_if(known_, is_it)->first); !done) return done;
    }
    // Named interfaces that are down are worth a word at once: as if they had been up before.
    told_ = known_;
    for (auto& [index, link] : told_) link.up = link.up || !options_.interfaces.empty();
    return {};
}

Result<void> NamespaceCapture::open_tap(const std::string& name, std::uint32_t ifindex) {
    auto ring = PacketRing::open({.ifindex = ifindex, .buffer_bytes = options_.buffer_bytes});
    if (!ring) {
        if (ring.error().on.empty()) ring.error().on = name;
        return std::unexpected(ring.error());
    }
    if (!watch(epoll_, ring->fd())) return fail("cannot poll", name, reason_of(errno));
    if (ifindex != 0) add_interface(name, ifindex);
    taps_.push_back({.ring = std::move(*ring), .name = name});
    return {};
}

Result<void> NamespaceCapture::allocate() {
    for (Tap& tap : taps_)
        if (auto done = of(tap, tap.ring.allocate()); !done) return done;
    return {};
}

Result<void> NamespaceCapture::attach(int filter_fd, RingRoom room) {
    if (taps_.size() == 1) room_ = room;
    for (Tap& tap : taps_)
        if (auto done = of(tap, tap.ring.attach(filter_fd, room_)); !done) return done;
    return {};
}

Result<void> NamespaceCapture::reopen_tap(const std::string& name, std::uint32_t ifindex, int filter_fd) {
    auto visit = NetnsVisit::enter(netns_);
    if (!visit) return std::unexpected(visit.error());
    if (auto done = open_tap(name, ifindex); !done) return done;
    if (auto back = visit->leave(); !back) return back;
    Tap& tap = taps_.back();
    auto done = of(tap, tap.ring.allocate());
    if (done) done = of(tap, tap.ring.attach(filter_fd, room_));
    if (!done) taps_.pop_back();
    return done;
}

/// Asks for the namespace's interfaces again.
Result<void> NamespaceCapture::look_up_links() {
    if (links_) {
        if (auto done = links_->refresh(); !done) return done;
        note_links(*links_);
        return {};
    }
    auto visit = NetnsVisit::enter(netns_);
    if (!visit) return std::unexpected(visit.error());
    auto links = Links::open();
    if (!links) return std::unexpected(links.error());
    note_links(*links);
    return visit->leave();
}

void NamespaceCapture::note_links(const Links& links) {
    known_ = links.by_index();
    addresses_ = links.addresses();
}

std::uint32_t NamespaceCapture::interface_of(std::uint32_t ifindex) {
    if (ifindex == last_ifindex_) return last_interface_;
    auto found = interface_by_ifindex_.find(ifindex);
    if (found == interface_by_ifindex_.end()) {
        auto link = known_.find(ifindex);
        if (link == known_.end() && look_up_links()) link = known_.find(ifindex);
        // It may have come and gone before anyone could ask for its name.
        add_interface(link != known_.end() ? link->second.name : "if" + std::to_string(ifindex), ifindex);
        found = interface_by_ifindex_.find(ifindex);
    }
    last_ifindex_ = ifindex;
    return last_interface_ = found->second;
}

std::uint32_t NamespaceCapture::add_interface(const std::string& name, std::uint32_t ifindex) {
    return interface_by_ifindex_[ifindex] = interfaces_->add(name, netns_.inode(), options_.number, ifindex);
}

void NamespaceCapture::take_notices(int filter_fd, std::vector<std::string>& notices) {
    // A pending error keeps the socket readable. What it says, ENETDOWN, the list of interfaces says better. A socket of all
    // interfaces never has one, and there may be hundreds of those.
    for (Tap& tap : taps_)
        if (tap.ring.ifindex() != 0) static_cast<void>(tap.ring.take_error());
    close_retired_taps();
    if (!links_) return;
    if (links_->take_change())
        if (auto done = look_up_links(); !done) notices.push_back(done.error().line());
    if (told_ == known_) return;
    const LinksByIndex before = std::exchange(told_, known_);
    // Packets of an interface that went may still be in the ring, so its name is kept as long as there are few.
    if (interface_by_ifindex_.size() > most_remembered) {
        std::erase_if(interface_by_ifindex_, [&](const auto& entry) { return !known_.contains(entry.first); });
        last_ifindex_ = 0;
    }
    tell_changes(before, filter_fd, notices);
}

void NamespaceCapture::tell_changes(const LinksByIndex& before, int filter_fd, std::vector<std::string>& notices) {
    const bool all = options_.interfaces.empty();
    for (const auto& [index, link] : before) {
        const auto now = told_.find(index);
        if (!follows(link.name) || (now != told_.end() && now->second.name == link.name)) continue;
        retire_tap(link.name);
        const bool others = all || has_live_tap();
        notices.push_back(link.name +
                          (others ? " went away; tracing goes on with the rest" : " went away; waiting for it to come back"));
    }
    for (const auto& [index, link] : told_) {
        if (!follows(link.name)) continue;
        const auto was = before.find(index);
        if (was != before.end() && was->second.name == link.name) {
            if (was->second.up != link.up) notices.push_back(link.name + (link.up ? " came up" : " is down"));
            continue;
        }
        if (all) {
            if (link.up) notices.push_back(link.name + " came up");
            continue;
        }
        if (closing_) continue;
        const auto done = reopen_tap(link.name, index, filter_fd);
        notices.push_back(done ? link.name + " is back and traced again"
                               : link.name + " is back but cannot be traced: " + done.error().line());
        if (done && !link.up) notices.push_back(link.name + " is down");
    }
}

bool NamespaceCapture::follows(const std::string& name) const {
    return options_.interfaces.empty() || std::ranges::binary_search(options_.interfaces, name);
}

bool NamespaceCapture::has_live_tap() const {
    return std::ranges::any_of(taps_, [](const Tap& tap) { return !tap.done_at; });
}

void NamespaceCapture::retire_tap(const std::string& name) {
    for (Tap& tap : taps_)
        if (tap.name == name && !tap.done_at) tap.done_at = steady_clock::now() + retire_grace;
}

void NamespaceCapture::close_retired_taps() {
    std::erase_if(taps_, [&](Tap& tap) {
        if (!tap.done_at || steady_clock::now() < *tap.done_at || tap.ring.front() != nullptr) return false;
        closed_drops_ += tap.ring.drops();
        return true;
    });
}

Result<void> NamespaceCapture::close_inlets() {
    closing_ = true;
    for (Tap& tap : taps_)
        if (auto done = tap.ring.close_inlet(); !done) return done;
    return {};
}

std::uint64_t NamespaceCapture::drops() const {
    std::uint64_t drops = closed_drops_;
    for (const Tap& tap : taps_) drops += tap.ring.drops();
    return drops;
}

std::uint64_t NamespaceCapture::waiting() const {
    std::uint64_t waiting = 0;
    for (const Tap& tap : taps_) waiting += tap.ring.waiting();
    return waiting;
}

}  // namespace podsnoop
