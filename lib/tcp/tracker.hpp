// From segments to connections: counts and times each, and tells it when it ends.
#pragma once

#include <cstddef>
#include <cstdint>

#include "event/ledger.hpp"
#include "event/segment.hpp"
#include "event/tcp.hpp"
#include "reassemble/flow_table.hpp"
#include "reassemble/sink.hpp"
#include "tcp/half.hpp"
#include "tcp/limits.hpp"
#include "tcp/sink.hpp"

namespace podsnoop {

/// A connection in the table. A flood makes many of these.
struct TrackedConnection {
    static constexpr FlowId no_one = 0xffffffff;

    PackedFlowKey key;
    FlowId next_in_bucket = no_one;
    FlowId before = no_one, after = no_one;  ///< its neighbours among those that wait; once it is finished, among those
    std::uint32_t owner = 0;    ///< the interface that showed it first
    Time started, last_seen;
    Half halves[2];             ///< by sender: halves[0] is what key.ends[0] sends
    std::uint32_t connect = 0;  ///< microseconds; valid where connected
    std::uint32_t pause = 0;    ///< longest between two segments of the handshake, microseconds
    std::uint16_t syns = 0;     ///< of the client; stays at the most it can count
    std::uint8_t flags = 0;     ///< ConnectionFlag bits
    Direction client = 0;
    bool handshake = false;  ///< a SYN was seen, the client's final ACK not yet
    bool connected = false;
    bool waits = false;      ///< in the list of those that may end by themselves
    bool wanted = true;      ///< not told from elsewhere
    bool finished = false;   ///< told; kept for a while so that late segments do not open it anew
    bool touched = false;

    Time& finish_time() { return last_seen; }
    FlowId& finished_before() { return before; }
    FlowId& finished_after() { return after; }
};
static_assert(sizeof(TrackedConnection) <= 240, "65,536 of them take 15 MiB");

class TcpTracker {
  public:
    /// Sink and ledger must outlive it. `seed`: see FlowTable.
    TcpTracker(ConnectionSink& sink, TcpLedger& ledger, const TcpLimits& limits, std::uint64_t seed);

    void accept(const Segment& segment);
    /// Ends what nobody will end: handshakes nobody answers, the last ACK that was not seen. Call it now and then with the
    /// present time.
    void advance(Time now);
    /// No more segments: every connection is told.
    void finish();

    /// Whether advance() has anything to wait for.
    [[nodiscard]] bool waits() const { return first_waiting_ != TrackedConnection::no_one; }

  private:
    using Id = FlowId;

    Id open(Direction from, const Segment& segment);
    void note_handshake(TrackedConnection& connection, Direction from, const Segment& segment, Nanoseconds pause);
    void note_close(Id id);
    void reset(Id id, Direction from);
    void end(Id id, ConnectionEnd how, ResetBy by = ResetBy::none);
    void fill(Id id);
    void wait(Id id);
    void stop_waiting(Id id);
    [[nodiscard]] bool has_waited(const TrackedConnection& connection, Time now) const;

    ConnectionSink& sink_;
    TcpLedger& ledger_;
    TcpLimits limits_;
    FlowTable<TrackedConnection> table_;
    Id first_waiting_ = TrackedConnection::no_one, last_waiting_ = TrackedConnection::no_one;
    Time looked_;
    TcpConnection record_;  // the one being told; its strings keep their memory
};

}  // namespace podsnoop
