#include "reassemble/reassembler.hpp"

#include <algorithm>
#include <utility>

#include "reassemble/segment_flow.hpp"

namespace podsnoop {

namespace {

constexpr std::uint32_t interface_bits = (1 << 24) - 1;  // of a Stream's lane

Direction client_of(const Connection& connection) {
    return connection.client_known ? connection.client : likely_client(connection.key);
}

/// Whether a segment acknowledges the other side's SYN and nothing else: a SYN itself, or the client's next, whatever
/// was lost or comes later.
bool tells_start(const Connection& connection, Direction from, const Segment& segment) {
    if (!has(segment, tcp_ack) || has(segment, tcp_rst)) return false;
    if (has(segment, tcp_syn)) return true;
    return connection.connecting && from == connection.client && segment.seq == connection.streams[from].next;
}

/// The sequence number of the first payload byte: a SYN takes one before it (RFC 9293 3.4).
std::uint32_t payload_seq(const Segment& segment) { return segment.seq + (has(segment, tcp_syn) ? 1 : 0); }

bool holds(const Connection& connection) { return connection.holding != Connection::no_place; }

}  // namespace

/// Where an acknowledgment ends in the bytes of the stream it is of: never behind its FIN, whatever it says.
inline std::uint32_t Reassembler::acked_bytes(const Connection& connection, Direction direction, std::uint32_t ack) const {
    const Stream& stream = connection.streams[direction];
    if (!stream.fin) return ack;
    if (stream.ended) return stream.next;  // all of it was told, and there is nothing to be waited for
    const std::uint32_t fin_seq = hold_of(connection, direction)->fin_seq;
    return distance(fin_seq, ack) > 0 ? fin_seq : ack;
}

/// Whether bytes of a direction that `ack` acknowledges were not told yet.
inline bool Reassembler::is_behind(const Connection& connection, Direction direction, std::uint32_t ack) const {
    const Stream& stream = connection.streams[direction];
    if (!stream.started) return false;
    const std::int32_t ahead = distance(stream.next, acked_bytes(connection, direction, ack));
    return ahead > 0 && ahead <= far_ahead;
}

Reassembler::Reassembler(StreamSink& sink, const ReassemblyLimits& limits, std::uint64_t seed)
    : sink_(sink), limits_(limits), table_(limits.connections, seed) {}

/// A packet can be seen at several interfaces (both ends of a veth, a bridge). One interface's copies count
/// for each direction: that of the connection's first segment, unless it shows the direction never and
/// another does.
inline bool Reassembler::is_copy(Connection& connection, Direction from, const Segment& segment) {
    if (!connection.both_lanes && from != connection.first) [[unlikely]]
        return !choose_lane(connection, from, segment);
    return connection.streams[from].lane != segment.interface;
}

/// Whether the direction that has no lane yet gets this segment's.
bool Reassembler::choose_lane(Connection& connection, Direction from, const Segment& segment) {
    Stream& stream = connection.streams[from];
    const bool here = segment.interface == connection.streams[connection.first].lane;
    if (!here && segment.length == 0 && !has(segment, tcp_syn)) return false;
    if (here || (connection.other_seen && segment.length != 0 && distance(stream.first, segment.seq) > 0)) {
        connection.both_lanes = true;
        stream.lane = segment.interface & interface_bits;
        return true;
    }
    connection.other_seen = true;
    stream.first = segment.seq;
    return false;
}

inline void Reassembler::payload(Id id, Connection& connection, Direction from, const Segment& segment) {
    Stream& stream = connection.streams[from];
    if (stream.ended) return;  // nothing follows a FIN
    const std::int32_t ahead = distance(stream.next, payload_seq(segment));
    if (ahead >= 0 && !has(segment, tcp_syn)) {
        // The usual case: it is the next, and nothing has to wait.
        if (ahead == 0 && !holds(connection) && !(has(segment, tcp_ack) && is_behind(connection, other(from), segment.ack)))
            return deliver(id, stream, from, segment);
        return payload_in_place(id, from, segment, ahead);
    }
    Segment rest = segment;
    rest.seq = payload_seq(segment);
    rest.flags &= static_cast<std::uint8_t>(~tcp_syn);
    if (ahead < 0) {
        const std::uint32_t old = stream.next - rest.seq;
        // A keep-alive probe repeats the last byte, or sends a garbage one in its place (RFC 9293 3.8.4).
        if (!(rest.length == 1 && old == 1)) sink_.retransmitted(id, from);
        if (old >= rest.length) return;
        rest.seq += old;
        rest.length -= old;
        rest.payload = rest.payload.subspan(std::min<std::size_t>(old, rest.payload.size()));
    }
    payload_in_place(id, from, rest, ahead);
}

void Reassembler::accept(const Segment& segment) {
    const Direction from = sender_of(segment);
    if (from == no_sender) return;
    Id id = find_flow(table_, segment, from);
    if (id != ConnectionTable::none && is_of_another(segment, table_[id].streams[from], table_[id].finished)) {
        if (!table_[id].finished) close(id, Close::reused, segment.time);
        table_.remove(id);
        id = ConnectionTable::none;
    }
    if (id == ConnectionTable::none) {
        if (has(segment, tcp_rst) || (segment.length == 0 && !has(segment, tcp_syn))) return;
        id = open(from, segment);
    }
    Connection& connection = table_[id];
    if (connection.finished || is_copy(connection, from, segment)) return;
    connection.touched = true;

    Stream& stream = connection.streams[from];
    if (!stream.started && (segment.length != 0 || has(segment, tcp_syn))) {
        stream.started = true;
        stream.next = payload_seq(segment);
        stream.first = segment.seq;
        stream.has_syn = has(segment, tcp_syn);
    }
    Stream& answered = connection.streams[other(from)];
    if (has(segment, tcp_ack) && (!answered.has_acked || distance(answered.acked, segment.ack) > 0)) {
        answered.acked = segment.ack;
        answered.has_acked = true;
    }
    if (!answered.started && tells_start(connection, from, segment)) {
        answered.started = true;
        answered.next = segment.ack;
    }
    if (connection.connecting) note_handshake(id, from, segment);
    if (segment.length != 0) payload(id, connection, from, segment);
    if (has(segment, tcp_fin) && stream.started) fin(id, from, segment);
    if (has(segment, tcp_rst)) {
        skip_to_reset(id, from, segment);
        give_up(id, {});
        if (!connection.finished) close(id, Close::reset, segment.time);
        return;
    }
    if (!holds(connection)) return;
    Holding& holding = *holding_[connection.holding];
    holding.last_seen = segment.time;
    for (std::optional<Hold>& hold : holding.holds)
        if (hold) ++hold->waited;
    if (const auto direction = impatient(connection, segment.time)) give_up(id, direction);
}

ConnectionTable::Id Reassembler::open(Direction from, const Segment& segment) {
    const FlowKey key = flow_key(segment, from);
    table_.expire_finished(segment.time - limits_.linger);
    Id id = table_.insert(key);
    if (id == ConnectionTable::none) {
        const Id victim = table_.victim();
        if (!table_[victim].finished) {
            ++counts_.evicted;
            give_up(victim, {});
            if (!table_[victim].finished) close(victim, Close::evicted, segment.time);
        }
        table_.remove(victim);
        id = table_.insert(key);
    }
    Connection& connection = table_[id];
    connection.first = from & 1;
    connection.streams[from].lane = segment.interface & interface_bits;
    connection.client_known = has(segment, tcp_syn);
    connection.client = (has(segment, tcp_ack) ? other(from) : from) & 1;
    connection.connecting = has(segment, tcp_syn) && !has(segment, tcp_ack);
    if (connection.connecting) connection.streams[from].last = segment.time;
    sink_.opened(id,
                 {.ends = {key.ends[0], key.ends[1]},
                  .interface = segment.interface,
                  .midstream = !has(segment, tcp_syn),
                  .client_known = connection.client_known,
                  .client = connection.client},
                 *this);
    return id;
}

void Reassembler::identify(ConnectionId id, ConnectionInfo& info) const {
    table_.get_ends(id, info.ends);
    const Connection& connection = table_[id];
    info.interface = connection.streams[connection.first].lane;
}

void Reassembler::close(Id id, Close how, Time time) {
    Connection& connection = table_[id];
    for (const Direction direction : {Direction{0}, Direction{1}})
        if (const Hold* hold = hold_of(connection, direction)) held_bytes_ -= hold->bytes;
    stop_holding(id);
    table_.finish(id, time);
    sink_.closed(id, how, time);
}

void Reassembler::note_handshake(Id id, Direction from, const Segment& segment) {
    Connection& connection = table_[id];
    if (from != connection.client || has(segment, tcp_syn) || !has(segment, tcp_ack)) return;
    connection.connecting = false;
    sink_.connected(id, std::max(segment.time - connection.streams[from].last, Nanoseconds{0}));
}

/// Of a segment without a SYN, and without what was told before; `ahead` of where its stream stands.
void Reassembler::payload_in_place(Id id, Direction from, const Segment& segment, std::int32_t ahead) {
    Connection& connection = table_[id];
    Stream& stream = connection.streams[from];
    const Hold* held = hold_of(connection, from);
    const bool hole = ahead > 0 && (held != nullptr || !skip_hole(id, from, segment.seq, segment.time));
    if (hole || (held != nullptr && !held->segments.empty()) || (has(segment, tcp_ack) && must_wait(id, from, segment.ack))) {
        hold(id, from, segment);
        drain(id);
        return;
    }
    deliver(id, stream, from, segment);
    if (holds(connection)) drain(id);
}

void Reassembler::fin(Id id, Direction from, const Segment& segment) {
    Connection& connection = table_[id];
    Stream& stream = connection.streams[from];
    if (stream.fin) return;  // sent again
    stream.fin = true;
    stream.last = std::max(stream.last, segment.time);
    Hold& hold = hold_back(id, from, segment.time);
    hold.fin_seq = payload_seq(segment) + segment.length;
    hold.fin_ack = has(segment, tcp_ack) ? segment.ack : connection.streams[other(from)].next;
    drain(id);
}

void Reassembler::deliver(Id id, Stream& stream, Direction from, const Segment& segment) {
    stream.last = std::max(stream.last, segment.time);
    stream.next = segment.seq + segment.length;
    sink_.data(id, from,
               {.bytes = segment.payload,
                .length = segment.length,
                .seq = segment.seq,
                .ack = segment.ack,
                .has_ack = has(segment, tcp_ack),
                .time = stream.last});
}

/// Makes a direction one that holds back.
Hold& Reassembler::hold_back(Id id, Direction direction, Time now) {
    Connection& connection = table_[id];
    if (!holds(connection)) {
        connection.holding = static_cast<std::uint32_t>(holding_.size()) & Connection::no_place;
        holding_.push_back(std::make_unique<Holding>());
        holding_.back()->connection = id;
        holding_.back()->last_seen = now;
    }
    std::optional<Hold>& hold = holding_[connection.holding]->holds[direction];
    if (!hold) hold.emplace().since = now;
    return *hold;
}

/// The last of those that hold back takes its place, so that nobody pays for how many there are.
void Reassembler::stop_holding(Id id) {
    Connection& connection = table_[id];
    if (!holds(connection)) return;
    table_[holding_.back()->connection].holding = connection.holding;
    std::swap(holding_[connection.holding], holding_.back());
    holding_.pop_back();
    connection.holding = Connection::no_place;
}

void Reassembler::hold(Id id, Direction from, const Segment& segment) {
    Hold& hold = hold_back(id, from, segment.time);
    held_bytes_ -= hold.bytes;
    hold_segment(hold, segment);
    held_bytes_ += hold.bytes;
}

/// Whether the bytes up to `to` were left out by the capture's filter; if so, tells it and goes on behind them.
bool Reassembler::skip_hole(Id id, Direction direction, std::uint32_t to, Time time) {
    if (!filter_skips_) return false;
    Stream& stream = table_[id].streams[direction];
    const std::uint32_t length = to - stream.next;
    const bool crosses = stream.next >> skip_border_bits != to >> skip_border_bits;
    if (!sink_.is_ignored(id) && (crosses || sink_.skippable(id, direction) < length)) return false;
    stream.last = std::max(stream.last, time);
    stream.next = to;
    sink_.missing(id, direction, length, Missing::skipped, stream.last);
    return true;
}

/// A reset says how much was sent before it, and what came of the other stream: the capture's filter may have left that out.
void Reassembler::skip_to_reset(Id id, Direction from, const Segment& segment) {
    const Connection& connection = table_[id];
    const auto skip_to = [&](Direction direction, std::uint32_t to) {
        const Stream& stream = connection.streams[direction];
        if (stream.started && !stream.ended && distance(stream.next, to) > 0) skip_hole(id, direction, to, segment.time);
    };
    if (connection.finished || holds(connection)) return;
    skip_to(from, segment.seq);
    if (has(segment, tcp_ack)) skip_to(other(from), segment.ack);
}

/// Whether bytes of the other stream that `ack` acknowledges were not told yet, nor left out.
bool Reassembler::must_wait(Id id, Direction from, std::uint32_t ack) {
    const Connection& connection = table_[id];
    if (!is_behind(connection, other(from), ack)) return false;
    const Stream& answered = connection.streams[other(from)];
    if (hold_of(connection, other(from)) != nullptr) return true;
    return !skip_hole(id, other(from), acked_bytes(connection, other(from), ack), answered.last);
}

void Reassembler::drain(Id id) {
    Connection& connection = table_[id];
    while (!connection.finished && (drain_one(id, 0) || drain_one(id, 1))) {
    }
    if (holds(connection) && hold_of(connection, 0) == nullptr && hold_of(connection, 1) == nullptr) stop_holding(id);
    if (connection.streams[0].ended && connection.streams[1].ended && !connection.finished)
        close(id, Close::fin, std::max(connection.streams[0].last, connection.streams[1].last));
}

/// Tells the first held segment of a direction if nothing is in its way. False: there was none to tell.
bool Reassembler::drain_one(Id id, Direction direction) {
    Connection& connection = table_[id];
    Stream& stream = connection.streams[direction];
    if (hold_of(connection, direction) == nullptr) return false;
    Hold& hold = *hold_of(connection, direction);
    if (hold.segments.empty()) {
        if (!stream.fin || stream.ended) {
            held_bytes_ -= hold.bytes;
            holding_[connection.holding]->holds[direction].reset();
            return stream.fin;
        }
        if (distance(stream.next, hold.fin_seq) > 0 && !skip_hole(id, direction, hold.fin_seq, stream.last)) return false;
        if (must_wait(id, direction, hold.fin_ack)) return false;
        stream.ended = true;
        sink_.half_closed(id, direction, stream.last);
        return true;
    }
    HeldSegment& first = hold.segments.front();
    const std::int32_t ahead = distance(stream.next, first.seq);
    if (ahead > 0 && !skip_hole(id, direction, first.seq, first.time)) return false;
    if (first.has_ack && first.waits && must_wait(id, direction, first.ack)) return false;
    const HeldSegment ready = std::move(first);
    hold.segments.erase(hold.segments.begin());
    const std::size_t memory = sizeof(HeldSegment) + ready.bytes.size();
    hold.bytes -= memory;
    held_bytes_ -= memory;
    // What was held may have been told meanwhile by a segment that reached over it.
    const std::uint32_t old = ahead < 0 ? stream.next - ready.seq : 0;
    if (old >= ready.length) return true;
    Segment segment;
    segment.time = ready.time;
    segment.seq = ready.seq + old;
    segment.ack = ready.ack;
    segment.flags = ready.has_ack ? tcp_ack : 0;
    segment.length = ready.length - old;
    segment.payload = Bytes(ready.bytes).subspan(std::min<std::size_t>(old, ready.bytes.size()));
    deliver(id, stream, direction, segment);
    return true;
}

/// A direction that has waited long enough for what it waits for, if there is one.
std::optional<Direction> Reassembler::impatient(const Connection& connection, Time now) const {
    for (const Direction direction : {Direction{0}, Direction{1}}) {
        const Stream& stream = connection.streams[direction];
        if (hold_of(connection, direction) == nullptr) continue;
        const Hold& hold = *hold_of(connection, direction);
        if (hold.segments.size() > limits_.held_segments || held_bytes_ > limits_.held_bytes) return direction;
        const bool waits_for_other = !hold.segments.empty() && distance(stream.next, hold.segments.front().seq) <= 0;
        const bool acked = stream.has_acked && distance(stream.next, stream.acked) > 0;
        const bool known_lost = acked || waits_for_other;
        if (known_lost && (hold.waited > limits_.acked_segments || now - hold.since > limits_.acked_patience)) return direction;
        if (now - hold.since > limits_.patience) return direction;
    }
    return std::nullopt;
}

/// Each direction waits for the other: a segment was sent again, with a later acknowledgment than at first, and the
/// first time was not seen. A request told too early does no harm, a response would: call it for the client first.
/// False: this direction does not wait.
bool Reassembler::release(const Connection& connection, Direction direction) {
    Hold* hold = hold_of(connection, direction);
    if (hold == nullptr) return false;
    if (!hold->segments.empty()) return std::exchange(hold->segments.front().waits, false);
    const std::uint32_t told = connection.streams[other(direction)].next;
    return std::exchange(hold->fin_ack, told) != told;
}

/// Tells holes as lost: the one that a direction waits for, or every one there is.
void Reassembler::give_up(Id id, std::optional<Direction> only) {
    Connection& connection = table_[id];
    while (!connection.finished && holds(connection)) {
        // Where one direction waits for the other's bytes, those are the ones to give up.
        Direction direction = only.value_or(hold_of(connection, 0) != nullptr ? 0 : 1);
        const Stream* stream = &connection.streams[direction];
        const Hold* hold = hold_of(connection, direction);
        const bool any = !hold->segments.empty();
        std::uint32_t to = any ? hold->segments.front().seq : hold->fin_seq;
        if (distance(stream->next, to) <= 0) {
            to = any ? hold->segments.front().ack : hold->fin_ack;
            direction = other(direction);
            stream = &connection.streams[direction];
            hold = hold_of(connection, direction);
            to = acked_bytes(connection, direction, to);
            if (hold != nullptr && !hold->segments.empty() && distance(hold->segments.front().seq, to) > 0)
                to = hold->segments.front().seq;
        }
        if (distance(stream->next, to) > 0) {
            lose(id, direction, to, stream->last);
        } else if (!release(connection, client_of(connection)) && !release(connection, other(client_of(connection)))) {
            return;
        }
        Holding& holding = *holding_[connection.holding];
        for (std::optional<Hold>& held : holding.holds) {
            if (!held) continue;
            held->waited = 0;
            held->since = std::max(held->since, holding.last_seen);
        }
        drain(id);
        if (only) return;
    }
}

void Reassembler::lose(Id id, Direction direction, std::uint32_t to, Time time) {
    Stream& stream = table_[id].streams[direction];
    const std::uint32_t length = to - stream.next;
    counts_.gap_bytes += length;
    stream.next = to;
    sink_.missing(id, direction, length, Missing::lost, time);
}

void Reassembler::advance(Time now) {
    for (std::size_t i = holding_.size(); i-- > 0;) {
        if (i >= holding_.size()) continue;  // giving one up can end it
        Holding& holding = *holding_[i];
        const Id id = holding.connection;
        if (const auto direction = impatient(table_[id], now)) {
            holding.last_seen = std::max(holding.last_seen, now);
            give_up(id, direction);
        }
    }
}

void Reassembler::finish(Time now) {
    table_.for_each([&](Id id) {
        give_up(id, {});
        if (!table_[id].finished) close(id, Close::capture_end, now);
    });
}

}  // namespace podsnoop
