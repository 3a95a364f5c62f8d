// Connections by their two endpoints, bounded in number.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/address.hpp"
#include "base/pool.hpp"
#include "base/time.hpp"
#include "reassemble/sink.hpp"
#include "reassemble/stream.hpp"

namespace podsnoop {

/// A connection's endpoints in an order that is the same whoever sent the segment.
struct FlowKey {
    Endpoint ends[2];         ///< ends[0] < ends[1]
    std::uint32_t scope = 0;  ///< Segment::scope
    bool operator==(const FlowKey&) const = default;
};

struct Connection {
    static constexpr std::uint32_t no_interface = 0xffffffff;
    static constexpr std::uint32_t no_place = 0xffffffff;

    FlowKey key;
    Stream streams[2];  ///< by sender: streams[0] is what key.ends[0] sends
    Time last_seen;
    Time syn_time;                                              ///< first SYN; valid while `connecting`
    std::uint32_t owner = no_interface;                         ///< the interface that showed it first
    std::uint32_t lanes[2] = {no_interface, no_interface};      ///< the interface whose copy of a direction counts
    std::uint32_t other_seq = 0;                                ///< payload seen of a lane not yet given, elsewhere
    ConnectionId next_in_bucket = 0xffffffff;
    ConnectionId finished_before = 0xffffffff, finished_after = 0xffffffff;  ///< its neighbours in order of finishing
    std::uint32_t holding_place = no_place;                     ///< among the connections that hold segments back
    Direction client = 0;
    bool client_known = false;
    bool connecting = false;    ///< SYN seen, the client's final ACK not yet
    bool other_seen = false;    ///< other_seq is valid
    bool finished = false;      ///< told as closed; kept for a while so that late segments do not open it anew
    bool touched = false;       ///< seen since the last search for one to evict
};

class FlowTable {
  public:
    using Id = ConnectionId;
    static constexpr Id none = Pool<Connection>::none;

    /// `limit` connections at most. `seed` keeps others from choosing endpoints that collide.
    FlowTable(std::size_t limit, std::uint64_t seed);

    /// The connection of these endpoints, or `none`.
    [[nodiscard]] Id find(const FlowKey& key) const;
    /// A fresh connection, or `none` when all are in use: `victim()` says which to remove.
    Id insert(const FlowKey& key);
    void remove(Id id);
    /// One that was not seen for long; finished ones first. Needs a full table.
    Id victim();

    Connection& operator[](Id id) { return pool_[id]; }
    const Connection& operator[](Id id) const { return pool_[id]; }

    /// Marks it finished; `expire_finished` takes it away later.
    void finish(Id id, Time now);
    void expire_finished(Time before);

    /// Calls visit(id) for every connection. The table must not change meanwhile, except by `finish`.
    template <class Visit>
    void for_each(Visit visit) {
        for (Id id : buckets_)
            for (; id != none; id = pool_[id].next_in_bucket) visit(id);
    }

  private:
    [[nodiscard]] std::size_t bucket_of(const FlowKey& key) const;

    Pool<Connection> pool_;
    std::vector<Id> buckets_;  // a power of two
    Id first_finished_ = none, last_finished_ = none;
    std::uint64_t seed_;
    Id hand_ = 0;  // where the search for a victim goes on
    std::vector<bool> present_;
};

}  // namespace podsnoop
