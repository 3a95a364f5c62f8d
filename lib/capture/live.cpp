#include "capture/live.hpp"

#include <sys/epoll.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <functional>
#include <thread>
#include <utility>

#include "base/side_by_side.hpp"
#include "node/reason.hpp"

namespace podsnoop {

namespace {

using std::chrono::steady_clock;

constexpr auto stop_patience = std::chrono::milliseconds{500};
constexpr auto settling_step = std::chrono::milliseconds{5};
/// How long packets may still be on their way out of a namespace that was removed.
constexpr auto remove_grace = 2 * retire_time;
/// Packets given before all sockets are looked at again, at least, and for each socket: hundreds of idle ones must not cost
/// much a packet, and a packet must not wait long behind younger ones of another socket.
constexpr std::size_t look_every = 64, look_every_each = 4;

/// As the kernel tells packets' times.
Time now() { return std::chrono::time_point_cast<Nanoseconds>(std::chrono::system_clock::now()); }

Result<Fd> make_epoll() {
    Fd epoll(::epoll_create1(EPOLL_CLOEXEC));
    if (!epoll) return fail("cannot poll", "", reason_of(errno));
    return epoll;
}

Result<NamespaceCapture> open_with_rings(NetworkNamespace netns, NamespaceOptions options, InterfaceList& interfaces, int epoll) {
    auto place = NamespaceCapture::open(std::move(netns), std::move(options), interfaces, epoll);
    if (!place) return place;
    if (auto done = place->allocate(); !done) return std::unexpected(done.error());
    return place;
}

}  // namespace

Result<LiveCapture> LiveCapture::open_empty(const LiveOptions& options) {
    auto filter = PacketFilter::load(options.filter);
    if (!filter) return std::unexpected(filter.error());
    auto epoll = make_epoll();
    if (!epoll) return std::unexpected(epoll.error());
    return LiveCapture(std::move(*filter), std::move(*epoll), std::make_unique<InterfaceList>());
}

Result<LiveCapture> LiveCapture::open(const LiveOptions& options) {
    auto netns = options.netns.empty() ? NetworkNamespace::current() : NetworkNamespace::open(options.netns);
    if (!netns) return std::unexpected(netns.error());
    auto epoll = make_epoll();
    if (!epoll) return std::unexpected(epoll.error());
    auto interfaces = std::make_unique<InterfaceList>();
    NamespaceOptions where{.buffer_bytes = options.buffer_bytes, .follows_links = true};
    if (std::ranges::find(options.interfaces, "any") == options.interfaces.end()) where.interfaces = options.interfaces;
    std::ranges::sort(where.interfaces);
    where.interfaces.erase(std::ranges::unique(where.interfaces).begin(), where.interfaces.end());

    // The verifier works some 20 ms on the filter, and the ring is waited for about as long.
    Result<PacketFilter> filter;
    Result<NamespaceCapture> place = std::unexpected(Error{});
    side_by_side(2, [&](std::size_t part) {
        if (part == 0) filter = PacketFilter::load(options.filter);
        else place = open_with_rings(std::move(*netns), std::move(where), *interfaces, epoll->get());
    });
    if (!filter) return std::unexpected(filter.error());
    if (!place) return std::unexpected(place.error());
    if (auto attached = place->attach(filter->program_fd(), filter->room_of(0)); !attached)
        return std::unexpected(attached.error());
    LiveCapture capture(std::move(*filter), std::move(*epoll), std::move(interfaces));
    capture.places_.push_back(std::make_unique<Place>(std::move(*place), now()));
    return capture;
}

LiveCapture::~LiveCapture() {
    side_by_side(places_.size(), [&](std::size_t index) { places_[index].reset(); });
}

Result<void> LiveCapture::add(NetworkNamespace netns, std::size_t buffer_bytes, std::vector<std::string> interfaces) {
    const std::uint32_t number = last_number_ + 1;
    auto filter = filter_.program_for(number);
    if (!filter) return std::unexpected(filter.error());
    const bool follows_links = !interfaces.empty();
    auto place = NamespaceCapture::open(
        std::move(netns),
        {.interfaces = std::move(interfaces), .buffer_bytes = buffer_bytes, .number = number, .follows_links = follows_links},
        *interfaces_, epoll_.get());
    if (!place) return std::unexpected(place.error());
    last_number_ = number;
    added_.push_back(std::make_unique<Place>(std::move(*place), Time{}, std::move(*filter)));
    return {};
}

std::vector<NotStarted> LiveCapture::start_added() {
    std::vector<std::unique_ptr<Place>> added = std::exchange(added_, {});
    std::vector<Result<void>> started(added.size());
    side_by_side(added.size(), [&](std::size_t index) {
        Place& place = *added[index];
        started[index] = place.capture.allocate();
        if (started[index]) started[index] = place.capture.attach(place.filter.get(), filter_.room_of(place.capture.number()));
        place.since = now();
    });
    std::vector<NotStarted> failed;
    for (std::size_t index = 0; index < added.size(); ++index) {
        Place& place = *added[index];
        if (!started[index]) {
            place.capture.leave_room();
            failed.push_back({.netns = place.capture.inode(), .error = std::move(started[index].error())});
            continue;
        }
        if (!place.capture.follows_links()) place.filter = {};
        places_.push_back(std::move(added[index]));
    }
    return failed;
}

void LiveCapture::remove(std::uint64_t netns_inode) {
    for (const auto& place : places_) {
        if (place->capture.inode() != netns_inode || place->done_at) continue;
        static_cast<void>(place->capture.close_inlets());  // closing the sockets does it at the latest
        place->done_at = steady_clock::now() + remove_grace;
    }
}

Result<Next> LiveCapture::next(Packet& packet) {
    const RingFrame* oldest = given_ ? behind_given() : nullptr;
    if (oldest == nullptr) {
        if (look_in_ == 0 || ready_.empty()) find_ready();
        if (ready_.empty()) {
            look_in_ = 0;
            return stopped_ ? Next::end : Next::idle;
        }
        std::ranges::pop_heap(ready_, std::ranges::greater{}, &Ready::time);
        given_ = ready_.back();
        ready_.pop_back();
        oldest = given_->tap->ring.front();
    }
    --look_in_;
    packet.time = oldest->time;
    packet.data = oldest->data;
    packet.wire_length = oldest->wire_length;
    packet.link = LinkType::network;
    packet.protocol = oldest->protocol;
    packet.interface = given_->capture->interface_of(oldest->ifindex);
    ++delivered_;
    return Next::packet;
}

/// The packet behind the one that the caller had, if it is the oldest of those waiting. Else its socket waits with the others.
const RingFrame* LiveCapture::behind_given() {
    PacketRing& ring = given_->tap->ring;
    ring.pop();
    if (look_in_ != 0) {
        const RingFrame* front = ring.front();
        if (front != nullptr && (ready_.empty() || front->time <= ready_.front().time)) return front;
        add_ready(*given_->tap, *given_->capture);
    }
    given_.reset();
    return nullptr;
}

void LiveCapture::find_ready() {
    ready_.clear();
    std::size_t sockets = 0;
    for (const auto& place : places_) {
        sockets += place->capture.taps().size();
        for (Tap& tap : place->capture.taps()) add_ready(tap, place->capture);
    }
    look_in_ = std::max(look_every, look_every_each * sockets);
}

void LiveCapture::add_ready(Tap& tap, NamespaceCapture& capture) {
    const RingFrame* front = tap.ring.front();
    if (front == nullptr) return;
    ready_.push_back({front->time, &tap, &capture});
    std::ranges::push_heap(ready_, std::ranges::greater{}, &Ready::time);
}

std::vector<std::string> LiveCapture::take_notices() {
    std::vector<std::string> notices;
    // Sockets may go: those that are ready are found anew. The one whose packet the caller has stays.
    ready_.clear();
    look_in_ = 0;
    for (const auto& place : places_)
        place->capture.take_notices(place->filter ? place->filter.get() : filter_.program_fd(), notices);
    close_removed();
    return notices;
}

std::vector<NamespaceState> LiveCapture::take_namespaces() {
    std::vector<NamespaceState> changes;
    for (const auto& place : places_) {
        const std::vector<Address>& addresses = place->capture.addresses();
        if (place->done_at ? place->ended : place->begun && place->told == addresses) continue;
        place->begun = true;
        place->ended = place->done_at.has_value();
        place->told = addresses;
        changes.push_back(
            {.netns = place->capture.inode(), .addresses = addresses, .traced = !place->ended, .since = place->since});
    }
    return changes;
}

void LiveCapture::close_removed() {
    std::erase_if(places_, [&](const std::unique_ptr<Place>& place) {
        if (!place->ended || steady_clock::now() < *place->done_at || place->capture.waiting() != 0) return false;
        closed_drops_ += place->capture.drops();
        place->capture.leave_room();
        return true;
    });
}

void LiveCapture::hint(const FlowHint& hint) {
    if (given_ && given_->tap->ring.is_behind()) return;
    if (hint.interface < interfaces_->all().size())
        filter_.hint(hint, interfaces_->ifindex(hint.interface), interfaces_->namespace_number(hint.interface));
}

/// Whether every packet the filter let through can be accounted for: delivered, waiting in the rings, or
/// dropped there.
bool LiveCapture::settled() const {
    const auto filtered = filter_.counts();
    if (!filtered) return false;
    std::uint64_t found = delivered_ - (given_ ? 1 : 0) + closed_drops_;
    for (const auto& place : places_) found += place->capture.waiting() + place->capture.drops();
    return found >= filtered->kept;
}

Result<void> LiveCapture::stop() {
    for (const auto& place : places_)
        if (auto done = place->capture.close_inlets(); !done) return done;
    const auto deadline = steady_clock::now() + stop_patience;
    do std::this_thread::sleep_for(settling_step);
    while (!settled() && steady_clock::now() < deadline);
    if (auto filtered = filter_.counts()) final_counts_ = *filtered;
    stopped_ = true;
    return {};
}

PacketCounts LiveCapture::counts() const {
    // The filter's counters last: they are never behind what came through it.
    std::uint64_t drops = closed_drops_;
    for (const auto& place : places_) drops += place->capture.drops();
    PacketCounts counts;
    if (final_counts_) counts = *final_counts_;
    else if (auto filtered = filter_.counts()) counts = *filtered;
    const std::uint64_t let_through = std::max(counts.kept, delivered_ + drops);
    counts.seen += let_through - counts.kept;
    counts.kept = delivered_;
    counts.dropped_ring_full += drops;
    counts.dropped_other = let_through - delivered_ - drops;
    return counts;
}

}  // namespace podsnoop
