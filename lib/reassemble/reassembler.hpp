// Puts TCP segments in order: every byte of a stream told once, in sequence, or told as missing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "event/segment.hpp"
#include "reassemble/connection.hpp"
#include "reassemble/sink.hpp"

namespace podsnoop {

/// The capture's filter keeps every segment that crosses a multiple of this power of two in sequence space: HTTP_BORDER_BITS of
/// bpf/http_filter.h.
inline constexpr unsigned skip_border_bits = 19;

struct ReassemblyLimits {
    std::size_t connections = 65536;           ///< in the table at once; then the longest unseen is evicted
    std::size_t held_segments = 256;           ///< a stream; then its first hole is given up
    std::size_t held_bytes = 16 << 20;         ///< all streams together
    Nanoseconds acked_patience{120'000'000};   ///< how long a hole may last that the receiver acknowledged
    std::uint32_t acked_segments = 16;         ///< or how many of the connection's segments, whichever is first
    Nanoseconds patience{2'000'000'000};       ///< how long a hole may last otherwise
    Nanoseconds linger{5'000'000'000};         ///< how long a closed connection is remembered
};

struct ReassemblyCounts {
    std::uint64_t evicted = 0;    ///< connections, for want of room
    std::uint64_t gap_bytes = 0;  ///< told as lost
};

/// A segment is told only after everything before it in its stream, and everything it acknowledges of the
/// other, was told or given up: so a response is never told before its request, however the capture ordered
/// them. Time is the packets' own.
class Reassembler : private Connections {
  public:
    /// The sink must outlive it. `seed`: see FlowTable.
    Reassembler(StreamSink& sink, const ReassemblyLimits& limits, std::uint64_t seed);

    /// Whether the capture leaves out body segments that cross no multiple of 2^skip_border_bits in sequence space, so that
    /// such a hole in a body is no loss. It does not, unless this says so.
    void filter_skips(bool skips) { filter_skips_ = skips; }

    void accept(const Segment& segment);
    /// Gives up what waited too long. Call it now and then with the present time.
    void advance(Time now);
    /// No more segments: every connection is told as closed.
    void finish(Time now);

    [[nodiscard]] const ReassemblyCounts& counts() const { return counts_; }
    [[nodiscard]] bool holds_any() const { return !holding_.empty(); }

  private:
    using Id = ConnectionTable::Id;

    void identify(ConnectionId id, ConnectionInfo& info) const override;

    Id open(Direction from, const Segment& segment);
    void close(Id id, Close how, Time time);
    [[gnu::always_inline]] static bool is_copy(Connection& connection, Direction from, const Segment& segment);
    static bool choose_lane(Connection& connection, Direction from, const Segment& segment);
    void note_handshake(Id id, Direction from, const Segment& segment);
    // Part of the one function that calls it for each segment; a call would cost (tests/bench/README.md).
    [[gnu::always_inline]] void payload(Id id, Connection& connection, Direction from, const Segment& segment);
    void payload_in_place(Id id, Direction from, const Segment& segment, std::int32_t ahead);
    void fin(Id id, Direction from, const Segment& segment);
    void deliver(Id id, Stream& stream, Direction from, const Segment& segment);
    Hold& hold_back(Id id, Direction direction, Time now);
    void stop_holding(Id id);
    void hold(Id id, Direction from, const Segment& segment);

    void skip_to_reset(Id id, Direction from, const Segment& segment);
    bool skip_hole(Id id, Direction direction, std::uint32_t to, Time time);
    bool must_wait(Id id, Direction from, std::uint32_t ack);
    void drain(Id id);
    bool drain_one(Id id, Direction direction);
    void give_up(Id id, std::optional<Direction> only);
    bool release(const Connection& connection, Direction direction);
    void lose(Id id, Direction direction, std::uint32_t to, Time time);
    [[nodiscard]] std::uint32_t acked_bytes(const Connection& connection, Direction direction, std::uint32_t ack) const;
    [[nodiscard]] bool is_behind(const Connection& connection, Direction direction, std::uint32_t ack) const;
    /// What a direction holds back; null where that is nothing.
    [[nodiscard]] Hold* hold_of(const Connection& connection, Direction direction) const {
        if (connection.holding == Connection::no_place) return nullptr;
        std::optional<Hold>& hold = holding_[connection.holding]->holds[direction];
        return hold ? &*hold : nullptr;
    }
    [[nodiscard]] std::optional<Direction> impatient(const Connection& connection, Time now) const;

    StreamSink& sink_;
    ReassemblyLimits limits_;
    bool filter_skips_ = false;
    ConnectionTable table_;
    std::vector<std::unique_ptr<Holding>> holding_;  // of connections that hold segments back; each knows its place
    std::size_t held_bytes_ = 0;
    ReassemblyCounts counts_;
};

}  // namespace podsnoop
