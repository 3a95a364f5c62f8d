#include "tcp/tracker.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "reassemble/segment_flow.hpp"

namespace podsnoop {

namespace {

constexpr FlowId no_one = TrackedConnection::no_one;
constexpr Nanoseconds look_every{1'000'000'000};

/// A packet can be seen at several interfaces. One's copies count for each direction: that of the connection's first
/// segment, unless it shows the direction never and another does.
bool is_copy(const TrackedConnection& connection, Half& half, const Segment& segment) {
    if (half.lane != Half::no_interface) return half.lane != segment.interface;
    if (segment.interface == connection.owner) {
        half.lane = segment.interface;
        return false;
    }
    if (segment.length == 0 && !has(segment, tcp_syn)) return true;
    if (half.elsewhere && segment.length != 0 && distance(half.last, segment.seq) > 0) {
        half.lane = segment.interface;
        return false;
    }
    half.elsewhere = true;
    half.last = segment.seq;
    return true;
}

/// An acknowledgment instead of an answer to the SYN: the server still knows of an earlier connection (RFC 9293 3.5.1).
bool is_stale(const TrackedConnection& connection, Direction from, const Segment& segment) {
    return connection.handshake && from != connection.client && segment.length == 0 && !connection.halves[from].has_syn &&
           !has(segment, tcp_syn) && !has(segment, tcp_fin);
}

/// From one end to the other and back, in microseconds; 0 where unknown.
std::uint32_t shortest_round_trip(const TrackedConnection& connection) {
    const auto one = connection.halves[0].round_trip.shortest(), other = connection.halves[1].round_trip.shortest();
    if (!one || !other) return 0;
    return static_cast<std::uint32_t>((*one + *other) / std::chrono::microseconds(1));
}

std::uint32_t microseconds(Nanoseconds time) {
    return static_cast<std::uint32_t>(
        std::clamp<std::int64_t>(time / std::chrono::microseconds(1), 0, std::numeric_limits<std::uint32_t>::max()));
}

TcpPeerCounts counts_of(const Half& half) {
    return {.bytes = half.bytes,
            .retransmits = half.retransmits,
            .zero_windows = half.zero_windows,
            .rtt = half.round_trip.smoothed(),
            .rtt_min = half.round_trip.shortest()};
}

}  // namespace

TcpTracker::TcpTracker(ConnectionSink& sink, TcpLedger& ledger, const TcpLimits& limits, std::uint64_t seed)
    : sink_(sink), ledger_(ledger), limits_(limits), table_(limits.connections, seed) {}

void TcpTracker::accept(const Segment& segment) {
    const Direction from = sender_of(segment);
    if (from == no_sender) return;
    Id id = find_flow(table_, segment, from);
    if (id != no_one && is_of_another(segment, table_[id].halves[from], table_[id].finished)) {
        // A handshake that came to nothing was given up by the time its ports are used again.
        if (!table_[id].finished) end(id, table_[id].handshake ? ConnectionEnd::timeout : ConnectionEnd::reused);
        table_.remove(id);
        id = no_one;
    }
    const bool fresh = id == no_one;
    if (fresh) {
        if (has(segment, tcp_rst)) return;  // an answer to nothing that was seen
        id = open(from, segment);
    }
    TrackedConnection& connection = table_[id];
    Half &half = connection.halves[from], &answered = connection.halves[other(from)];
    if (connection.finished || is_copy(connection, half, segment)) return;
    const Nanoseconds pause = segment.time - connection.last_seen;
    connection.touched = !fresh;  // of a flood's connections there is never more than the first segment
    connection.last_seen = std::max(connection.last_seen, segment.time);
    if (has(segment, tcp_rst)) return reset(id, from);
    if (is_stale(connection, from, segment)) return;

    const Sent sent = half.send(segment, answered, shortest_round_trip(connection));
    if (sent == Sent::again) ++half.retransmits;
    if (sent == Sent::late) connection.flags |= connection_reordered;
    if (has(segment, tcp_syn) && sent != Sent::copy && from == connection.client &&
        connection.syns != std::numeric_limits<std::uint16_t>::max())
        ++connection.syns;
    if (has(segment, tcp_ack)) {
        if (!answered.started) {
            answered.started = true;
            answered.next = segment.ack;
        }
        if (const auto took = answered.acknowledge(segment.ack, short_time_of(segment.time))) half.round_trip.add(*took);
    }
    if (!has(segment, tcp_syn)) {
        if (segment.window == 0 && !half.zero_window) ++half.zero_windows;
        half.zero_window = segment.window == 0;
    }
    if (connection.handshake) note_handshake(connection, from, segment, pause);
    note_close(id);
}

FlowId TcpTracker::open(Direction from, const Segment& segment) {
    const FlowKey key = flow_key(segment, from);
    table_.expire_finished(segment.time - limits_.linger);
    Id id = table_.insert(key);
    if (id == no_one) {
        const Id victim = table_.victim();
        if (!table_[victim].finished) end(victim, ConnectionEnd::evicted);
        table_.remove(victim);
        id = table_.insert(key);
    }
    TrackedConnection& connection = table_[id];
    const bool syn = has(segment, tcp_syn);
    connection.owner = segment.interface;
    connection.started = connection.last_seen = segment.time;
    connection.handshake = syn;
    if (syn) {
        connection.client = has(segment, tcp_ack) ? other(from) : from;
        wait(id);
    } else {
        connection.client = likely_client(connection.key);
        connection.flags |= connection_midstream;
    }
    fill(id);
    record_.open = true;
    connection.wanted = sink_.begins(record_, connection.owner);
    ++(connection.wanted ? ledger_.connections_seen : ledger_.connections_elsewhere);
    return id;
}

void TcpTracker::note_handshake(TrackedConnection& connection, Direction from, const Segment& segment, Nanoseconds pause) {
    connection.pause = std::max(connection.pause, microseconds(pause));
    if (from != connection.client) {
        // A server that goes on has got what was not seen: the client's ACK.
        if (!has(segment, tcp_syn) && (segment.length != 0 || has(segment, tcp_fin))) connection.handshake = false;
        return;
    }
    if (!has(segment, tcp_ack)) return;
    // In a simultaneous open (RFC 9293 3.5) the client acknowledges with a SYN; else nothing with a SYN is its last word.
    if (has(segment, tcp_syn) && !connection.halves[other(from)].has_syn) return;
    connection.handshake = false;
    if (!connection.halves[from].has_syn) return;
    connection.connected = true;
    connection.connect = microseconds(segment.time - connection.started);
}

/// Whether it is over, or may be when nothing more comes.
void TcpTracker::note_close(Id id) {
    TrackedConnection& connection = table_[id];
    const Half &one = connection.halves[0], &other = connection.halves[1];
    if (one.is_over() && other.is_over()) return end(id, ConnectionEnd::fin);
    const bool one_way = one.lane == Half::no_interface || other.lane == Half::no_interface;
    const bool closing = one_way ? one.fin || other.fin : one.fin && other.fin;
    if (closing || connection.handshake) wait(id);
    else stop_waiting(id);
}

void TcpTracker::reset(Id id, Direction from) {
    TrackedConnection& connection = table_[id];
    const bool by_client = from == connection.client;
    if (connection.handshake && !connection.halves[other(connection.client)].has_syn) {
        // The client refuses what is_stale(), and then sends its SYN again.
        if (by_client) return;
        return end(id, ConnectionEnd::refused, ResetBy::server);
    }
    end(id, ConnectionEnd::reset, by_client ? ResetBy::client : ResetBy::server);
}

/// Tells it, where it is wanted, and keeps it as finished.
void TcpTracker::end(Id id, ConnectionEnd how, ResetBy by) {
    stop_waiting(id);
    TrackedConnection& connection = table_[id];
    table_.finish(id, connection.last_seen);
    if (!connection.wanted) return;
    ++ledger_.connections_by_end[static_cast<std::size_t>(how)];
    fill(id);
    record_.end = how;
    record_.reset_by = by;
    sink_.ended(record_);
}

void TcpTracker::fill(Id id) {
    const TrackedConnection& connection = table_[id];
    const Half &client = connection.halves[connection.client], &server = connection.halves[other(connection.client)];
    const Interface& interface = sink_.interface(connection.owner);
    record_ = TcpConnection{};
    record_.time = connection.started;
    record_.interface = interface.name;
    record_.netns = interface.netns;
    Endpoint ends[2];
    table_.get_ends(id, ends);
    record_.client.endpoint = ends[connection.client];
    record_.server.endpoint = ends[other(connection.client)];
    record_.duration = connection.last_seen - connection.started;
    if (connection.connected) record_.connect = std::chrono::microseconds(connection.connect);
    record_.client_counts = counts_of(client);
    record_.server_counts = counts_of(server);
    record_.syns = connection.syns;
    record_.flags = connection.flags;
    for (const Half* half : {&client, &server})
        if (half->started && half->lane == Half::no_interface) record_.flags |= connection_one_way;
    if (connection.handshake && server.has_syn) record_.flags |= connection_half_open;
}

/// Puts it among those that end when nothing comes.
void TcpTracker::wait(Id id) {
    TrackedConnection& connection = table_[id];
    if (connection.waits) return;
    connection.waits = true;
    connection.before = last_waiting_;
    connection.after = no_one;
    (last_waiting_ == no_one ? first_waiting_ : table_[last_waiting_].after) = id;
    last_waiting_ = id;
}

void TcpTracker::stop_waiting(Id id) {
    TrackedConnection& connection = table_[id];
    if (!connection.waits) return;
    connection.waits = false;
    const Id before = connection.before, after = connection.after;
    (before == no_one ? first_waiting_ : table_[before].after) = after;
    (after == no_one ? last_waiting_ : table_[after].before) = before;
}

bool TcpTracker::has_waited(const TrackedConnection& connection, Time now) const {
    const Nanoseconds silence = now - connection.last_seen;
    if (!connection.handshake) return silence >= limits_.last_ack;
    return silence >= std::max<Nanoseconds>(limits_.handshake, 3 * std::chrono::microseconds(connection.pause));
}

void TcpTracker::advance(Time now) {
    const Time last = Time{now.time_since_epoch() / look_every * look_every};
    if (last == looked_) return;  // a file's clock may go back
    looked_ = last;
    for (Id id = first_waiting_; id != no_one;) {
        const TrackedConnection& connection = table_[id];
        const Id after = connection.after;
        if (has_waited(connection, now)) end(id, connection.handshake ? ConnectionEnd::timeout : ConnectionEnd::fin);
        id = after;
    }
}

void TcpTracker::finish() {
    table_.for_each([&](Id id) {
        if (!table_[id].finished) end(id, ConnectionEnd::capture_end);
    });
}

}  // namespace podsnoop
