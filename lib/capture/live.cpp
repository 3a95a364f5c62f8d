#include "capture/live.hpp"

#include <sys/epoll.h>

#include <algorithm>
#include <cerrno>
#include <thread>
#include <utility>

#include "node/reason.hpp"

namespace podsnoop {

namespace {

using std::chrono::steady_clock;

/// How long after its interface went a ring may still get a block: the retire timer once, and as much to
/// spare.
constexpr auto retire_grace = 4 * ring_retire_time;
constexpr auto stop_patience = std::chrono::milliseconds{500};

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

}  // namespace

Result<LiveCapture> LiveCapture::open(const LiveOptions& options) {
    auto netns = options.netns.empty() ? NetworkNamespace::current() : NetworkNamespace::open(options.netns);
    if (!netns) return std::unexpected(netns.error());
    auto visit = NetnsVisit::enter(*netns);
    if (!visit) return std::unexpected(visit.error());
    auto links = Links::open();
    if (!links) return std::unexpected(links.error());

    std::vector<std::string> names;
    if (std::ranges::find(options.interfaces, "any") == options.interfaces.end()) names = options.interfaces;
    for (const std::string& name : names)
        if (links->index_of(name) == 0)
            return fail("cannot open interface", name, "no such interface",
                        "there are: " + names_of(links->by_index()));
    std::ranges::sort(names);
    names.erase(std::ranges::unique(names).begin(), names.end());

    auto filter = HttpFilter::load(options.filter);
    if (!filter) return std::unexpected(filter.error());
    Fd epoll(::epoll_create1(EPOLL_CLOEXEC));
    if (!epoll || !watch(epoll.get(), links->monitor_fd())) return fail("cannot poll", "", reason_of(errno));

    LiveCapture capture(std::move(*filter), std::move(*netns), std::move(*links), std::move(epoll));
    capture.names_ = names;
    capture.buffer_bytes_ = options.buffer_bytes;
    if (names.empty()) {
        for (const auto& [index, link] : capture.links_.by_index()) capture.add_interface(link.name, index);
        if (auto done = capture.open_tap("", 0); !done) return std::unexpected(done.error());
    }
    for (const std::string& name : names)
        if (auto done = capture.open_tap(name, capture.links_.index_of(name)); !done)
            return std::unexpected(done.error());
    if (auto back = visit->leave(); !back) return std::unexpected(back.error());

    // Named interfaces that are down are worth a word at once: as if they had been up before.
    capture.told_ = capture.links_.by_index();
    for (auto& [index, link] : capture.told_) link.up = link.up || !names.empty();
    return capture;
}

Result<void> LiveCapture::open_tap(const std::string& name, std::uint32_t ifindex) {
    auto ring = PacketRing::open(
        {.ifindex = ifindex, .buffer_bytes = buffer_bytes_, .filter_fd = filter_.program_fd()});
    if (!ring) {
        if (ring.error().on.empty()) ring.error().on = name;
        return std::unexpected(ring.error());
    }
    if (!watch(epoll_.get(), ring->fd())) return fail("cannot poll", name, reason_of(errno));
    if (ifindex != 0) add_interface(name, ifindex);
    taps_.push_back({.ring = std::move(*ring), .name = name, .done_at = {}});
    return {};
}

Result<void> LiveCapture::reopen_tap(const std::string& name, std::uint32_t ifindex) {
    auto visit = NetnsVisit::enter(netns_);
    if (!visit) return std::unexpected(visit.error());
    if (auto done = open_tap(name, ifindex); !done) return done;
    return visit->leave();
}

Result<Next> LiveCapture::next(Packet& packet) {
    if (given_) taps_[*std::exchange(given_, std::nullopt)].ring.pop();
    const RingFrame* oldest = nullptr;
    for (std::size_t i = 0; i < taps_.size(); ++i) {
        const RingFrame* frame = taps_[i].ring.front();
        if (frame == nullptr || (oldest != nullptr && oldest->time <= frame->time)) continue;
        oldest = frame;
        given_ = i;
    }
    if (oldest == nullptr) return stopped_ ? Next::end : Next::idle;
    packet.time = oldest->time;
    packet.data = oldest->data;
    packet.wire_length = oldest->wire_length;
    packet.link = LinkType::network;
    packet.protocol = oldest->protocol;
    packet.interface = interface_of(oldest->ifindex);
    ++delivered_;
    return Next::packet;
}

std::uint32_t LiveCapture::interface_of(std::uint32_t ifindex) {
    if (ifindex == last_ifindex_) return last_interface_;
    auto found = interface_by_ifindex_.find(ifindex);
    if (found == interface_by_ifindex_.end()) {
        auto link = links_.by_index().find(ifindex);
        if (link == links_.by_index().end() && links_.refresh()) link = links_.by_index().find(ifindex);
        // It may have come and gone before anyone could ask for its name.
        const bool known = link != links_.by_index().end();
        add_interface(known ? link->second.name : "if" + std::to_string(ifindex), ifindex);
        found = interface_by_ifindex_.find(ifindex);
    }
    last_ifindex_ = ifindex;
    return last_interface_ = found->second;
}

/// An interface that comes again under its old name keeps its place.
std::uint32_t LiveCapture::add_interface(const std::string& name, std::uint32_t ifindex) {
    const auto same = std::ranges::find(interfaces_, name, &Interface::name);
    const auto index = static_cast<std::uint32_t>(same - interfaces_.begin());
    if (same == interfaces_.end()) {
        interfaces_.push_back({.name = name, .netns = netns_.inode()});
        ifindexes_.push_back(ifindex);
    }
    ifindexes_[index] = ifindex;
    interface_by_ifindex_[ifindex] = index;
    return index;
}

std::vector<std::string> LiveCapture::take_notices() {
    // A pending error keeps the socket readable. What it says, ENETDOWN, the list of interfaces says better.
    for (Tap& tap : taps_) static_cast<void>(tap.ring.take_error());
    close_retired_taps();
    std::vector<std::string> notices;
    if (links_.take_change())
        if (auto done = links_.refresh(); !done) notices.push_back(done.error().line());
    if (told_ == links_.by_index()) return notices;
    const LinksByIndex before = std::exchange(told_, links_.by_index());
    tell_changes(before, notices);
    return notices;
}

void LiveCapture::tell_changes(const LinksByIndex& before, std::vector<std::string>& notices) {
    for (const auto& [index, link] : before) {
        const auto now = told_.find(index);
        if (!follows(link.name) || (now != told_.end() && now->second.name == link.name)) continue;
        retire_tap(link.name);
        const bool others = names_.empty() || has_live_tap();
        notices.push_back(link.name + (others ? " went away; tracing goes on with the rest"
                                              : " went away; waiting for it to come back"));
    }
    for (const auto& [index, link] : told_) {
        if (!follows(link.name)) continue;
        const auto was = before.find(index);
        if (was != before.end() && was->second.name == link.name) {
            if (was->second.up != link.up) notices.push_back(link.name + (link.up ? " came up" : " is down"));
            continue;
        }
        if (names_.empty()) {
            if (link.up) notices.push_back(link.name + " came up");
            continue;
        }
        if (stopped_) continue;
        const auto done = reopen_tap(link.name, index);
        notices.push_back(done ? link.name + " is back and traced again"
                               : link.name + " is back but cannot be traced: " + done.error().line());
        if (done && !link.up) notices.push_back(link.name + " is down");
    }
}

bool LiveCapture::follows(const std::string& name) const {
    return names_.empty() || std::ranges::binary_search(names_, name);
}

bool LiveCapture::has_live_tap() const {
    return std::ranges::any_of(taps_, [](const Tap& tap) { return !tap.done_at; });
}

void LiveCapture::retire_tap(const std::string& name) {
    for (Tap& tap : taps_)
        if (tap.name == name && !tap.done_at) tap.done_at = steady_clock::now() + retire_grace;
}

void LiveCapture::close_retired_taps() {
    for (std::size_t i = 0; i < taps_.size();) {
        Tap& tap = taps_[i];
        if (!tap.done_at || steady_clock::now() < *tap.done_at || tap.ring.front() != nullptr) {
            ++i;
            continue;
        }
        closed_drops_ += tap.ring.drops();
        taps_.erase(taps_.begin() + static_cast<std::ptrdiff_t>(i));
        if (given_ && *given_ > i) --*given_;
    }
}

void LiveCapture::hint(const FlowHint& hint) {
    if (hint.interface < ifindexes_.size()) filter_.hint(hint, ifindexes_[hint.interface]);
}

/// Whether every packet the filter let through can be accounted for: delivered, waiting in the rings, or
/// dropped there.
bool LiveCapture::settled() const {
    const auto filtered = filter_.counts();
    if (!filtered) return false;
    std::uint64_t found = delivered_ - (given_ ? 1 : 0) + closed_drops_;
    for (const Tap& tap : taps_) found += tap.ring.waiting() + tap.ring.drops();
    return found >= filtered->kept;
}

Result<void> LiveCapture::stop() {
    for (Tap& tap : taps_)
        if (auto done = tap.ring.close_inlet(); !done) return done;
    const auto deadline = steady_clock::now() + stop_patience;
    do std::this_thread::sleep_for(ring_retire_time / 2);
    while (!settled() && steady_clock::now() < deadline);
    if (auto filtered = filter_.counts()) final_counts_ = *filtered;
    stopped_ = true;
    return {};
}

PacketCounts LiveCapture::counts() const {
    // The filter's counters last: they are never behind what came through it.
    std::uint64_t drops = closed_drops_;
    for (const Tap& tap : taps_) drops += tap.ring.drops();
    PacketCounts counts;
    if (final_counts_)
        counts = *final_counts_;
    else if (auto filtered = filter_.counts())
        counts = *filtered;
    const std::uint64_t let_through = std::max(counts.kept, delivered_ + drops);
    counts.seen += let_through - counts.kept;
    counts.kept = delivered_;
    counts.dropped_ring_full = drops;
    counts.dropped_other = let_through - delivered_ - drops;
    return counts;
}

}  // namespace podsnoop
