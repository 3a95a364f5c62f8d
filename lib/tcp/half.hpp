// One direction of a connection: what one end sent, as far as its sequence numbers tell.
#pragma once

#include <cstdint>
#include <optional>

#include "base/time.hpp"
#include "event/segment.hpp"

namespace podsnoop {

/// Microseconds that wrap every 71 minutes: half the memory of a Time, for what is compared within seconds.
using ShortTime = std::uint32_t;
inline ShortTime short_time_of(Time time) {
    return static_cast<ShortTime>(time.time_since_epoch() / std::chrono::microseconds(1));
}

/// A round-trip time, smoothed as in RFC 6298 2: each sample counts for an eighth.
class RoundTrip {
  public:
    void add(std::uint32_t microseconds);
    [[nodiscard]] std::optional<Nanoseconds> smoothed() const;
    [[nodiscard]] std::optional<Nanoseconds> shortest() const;

  private:
    static constexpr std::uint32_t unknown = 0xffffffff;
    std::uint32_t eighths_ = unknown;   // of microseconds
    std::uint32_t shortest_ = unknown;  // microseconds
};

/// What a segment was to its stream.
enum class Sent : std::uint8_t {
    nothing,        ///< it carried nothing that takes sequence numbers, or asked only whether the other is there
    new_bytes,      ///< its last byte, SYN or FIN is new
    again,          ///< all of it, or its beginning, was sent before
    late,           ///< overtaken on its way: it was not seen before, and there was no time to send it again
    copy,           ///< the very packet, captured twice
};

struct Half {
    static constexpr std::uint32_t no_interface = 0xffffffff;

    std::uint64_t bytes = 0;             ///< payload, from the first byte seen to the last, whatever was seen between
    std::uint32_t first = 0;             ///< sequence number of its SYN; valid where has_syn
    std::uint32_t next = 0;              ///< behind the highest sequence number seen, FIN included; valid where started
    std::uint32_t acked = 0;             ///< the highest acknowledgment of it; valid where has_acked
    std::uint32_t timed = 0;             ///< the acknowledgment that ends the measurement under way; valid where timing
    ShortTime timed_at = 0;
    std::uint32_t hole = 0, hole_end = 0;  ///< the latest run of sequence numbers jumped over; empty: none
    ShortTime hole_at = 0;
    std::uint32_t last = 0,
                  last_end = 0;  ///< of the latest segment that takes sequence numbers; until a lane is chosen, see is_copy()
    ShortTime last_at = 0;
    RoundTrip round_trip;                ///< from the capture to its sender and back
    std::uint32_t retransmits = 0, zero_windows = 0;
    std::uint32_t lane = no_interface;   ///< the interface whose copies count
    bool started = false, has_syn = false, has_acked = false, timing = false;
    bool fin = false, zero_window = false, elsewhere = false;

    /// Takes what a segment of this direction carries. `receiver`: the other direction, for its window. `shortest_trip`:
    /// the shortest round trip known from end to end, in microseconds; 0: none.
    Sent send(const Segment& segment, const Half& receiver, std::uint32_t shortest_trip);
    /// Takes an acknowledgment of this direction. Gives how long what was timed took, in microseconds.
    std::optional<std::uint32_t> acknowledge(std::uint32_t ack, ShortTime now);
    /// Whether it ended and the other side knows.
    [[nodiscard]] bool is_over() const { return fin && has_acked && acked - next < 1U << 31; }

  private:
    Sent send_again(const Segment& segment, std::uint32_t end, const Half& receiver, std::uint32_t shortest_trip);
    void note_last(std::uint32_t from, std::uint32_t to, ShortTime now);
    bool fill_hole(std::uint32_t from, std::uint32_t to);
};

}  // namespace podsnoop
