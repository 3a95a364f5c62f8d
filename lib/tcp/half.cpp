#include "tcp/half.hpp"

#include <algorithm>

#include "reassemble/segment_flow.hpp"

namespace podsnoop {

namespace {

/// What a capture shows twice (an `any` device, a bridge and its port) it shows at once. A sender repeats the segment it sent
/// just before only when it heard of its loss, after a round trip, or by a timer, of 2 ms at least (RFC 8985 7.2, as Linux has
/// it).
constexpr ShortTime least_copy_delay = 20, copy_delay = 1000;
/// What fills a hole sooner than the sender can know of it was overtaken, not lost: within a round trip, or this where none
/// is known. Between two CPUs of one host segments are late by some 25 us, where a round trip may take 10.
constexpr ShortTime overtaken_delay = 3000, least_overtaken_delay = 100;

}  // namespace

void RoundTrip::add(std::uint32_t microseconds) {
    constexpr std::uint32_t longest = 1 << 28;  // 4 minutes, which leaves room for the eighths
    const std::uint32_t sample = std::min(microseconds, longest);
    eighths_ = eighths_ == unknown ? 8 * sample : eighths_ - eighths_ / 8 + sample;
    shortest_ = std::min(shortest_, sample);
}

std::optional<Nanoseconds> RoundTrip::smoothed() const {
    if (eighths_ == unknown) return std::nullopt;
    return Nanoseconds{std::uint64_t{eighths_} * 125};
}

std::optional<Nanoseconds> RoundTrip::shortest() const {
    if (shortest_ == unknown) return std::nullopt;
    return std::chrono::microseconds(shortest_);
}

Sent Half::send(const Segment& segment, const Half& receiver, std::uint32_t shortest_trip) {
    const bool syn = has(segment, tcp_syn), ends = has(segment, tcp_fin);
    const std::uint32_t payload = segment.seq + (syn ? 1 : 0);
    const std::uint32_t payload_end = payload + segment.length;
    const std::uint32_t end = payload_end + (ends ? 1 : 0);
    if (end == segment.seq) return Sent::nothing;
    if (syn && !has_syn) {
        has_syn = true;
        first = segment.seq;
        // Its acknowledgment may have been seen before it.
        if (!started) next = segment.seq;
        else if (distance(next, end) <= 0) return Sent::new_bytes;
    } else if (!started) {
        next = segment.seq;
    }
    started = true;
    const std::int32_t ahead = distance(next, segment.seq);
    if (ahead > far_ahead || ahead < -far_ahead) return Sent::nothing;
    if (distance(next, end) <= 0) return send_again(segment, end, receiver, shortest_trip);
    const std::uint32_t from = syn ? payload : next;
    const ShortTime now = short_time_of(segment.time);
    if (ahead > 0) {
        hole = next;
        hole_end = segment.seq;
        hole_at = now;
    }
    // A FIN behind all that was seen adds no byte.
    if (const std::int32_t added = distance(from, payload_end); added > 0) bytes += static_cast<std::uint32_t>(added);
    note_last(segment.seq, end, now);
    next = end;
    fin = fin || ends;
    if (ahead < 0) {
        timing = false;  // Karn's rule (RFC 6298 3): an acknowledgment may be of either copy
        return Sent::again;
    }
    if (!timing) {
        timing = true;
        timed = end;
        timed_at = now;
    }
    return Sent::new_bytes;
}

/// A segment with nothing new.
Sent Half::send_again(const Segment& segment, std::uint32_t end, const Half& receiver, std::uint32_t shortest_trip) {
    const ShortTime now = short_time_of(segment.time);
    if (segment.length == 1 && end == next && !has(segment, tcp_syn) && !has(segment, tcp_fin)) {
        // Old keep-alive probes repeat the last byte (RFC 9293 3.8.4), probes of a closed window the first behind it (3.8.6.1).
        if (receiver.zero_window || (has_acked && acked == next)) return Sent::nothing;
    }
    if (segment.seq == last && end == last_end &&
        now - last_at < (shortest_trip != 0 ? std::clamp(shortest_trip, least_copy_delay, copy_delay) : copy_delay))
        return Sent::copy;
    note_last(segment.seq, end, now);
    const ShortTime opened = hole_at;
    if (fill_hole(segment.seq, end) &&
        now - opened < (shortest_trip != 0 ? std::max(shortest_trip, least_overtaken_delay) : overtaken_delay))
        return Sent::late;
    if (timing && distance(segment.seq, timed) > 0) timing = false;
    return Sent::again;
}

void Half::note_last(std::uint32_t from, std::uint32_t to, ShortTime now) {
    last = from;
    last_end = to;
    last_at = now;
}

/// Whether these sequence numbers were jumped over. They are a hole no longer.
bool Half::fill_hole(std::uint32_t from, std::uint32_t to) {
    if (hole == hole_end || distance(hole, from) < 0 || distance(to, hole_end) < 0) return false;
    // One hole is remembered: where its middle is filled, what is behind it.
    if (to == hole_end) hole_end = from;
    else hole = to;
    return true;
}

std::optional<std::uint32_t> Half::acknowledge(std::uint32_t ack, ShortTime now) {
    if (!started) return std::nullopt;
    const std::int32_t ahead = distance(next, ack);
    if (ahead > far_ahead || ahead < -far_ahead) return std::nullopt;
    if (has_acked && distance(acked, ack) <= 0) return std::nullopt;
    acked = ack;
    has_acked = true;
    // Of a direction that is not seen, this is all there is to know; its FIN cannot be told from a byte.
    if (lane == no_interface && ahead > 0) {
        bytes += static_cast<std::uint32_t>(ahead);
        next = ack;
    }
    if (!timing || distance(timed, ack) < 0) return std::nullopt;
    timing = false;
    const ShortTime took = now - timed_at;
    if (took >> 31 != 0) return std::nullopt;  // captured in the wrong order
    return took;
}

}  // namespace podsnoop
