// What the reassembler knows of a connection.
#pragma once

#include <cstdint>
#include <optional>

#include "base/time.hpp"
#include "reassemble/flow_table.hpp"
#include "reassemble/sink.hpp"
#include "reassemble/stream.hpp"

namespace podsnoop {

/// What there is more of a connection that holds anything back.
struct Holding {
    ConnectionId connection = 0;
    std::optional<Hold> holds[2];  ///< by sender; one of them at least
    Time last_seen;                ///< the connection
};

struct Connection {
    static constexpr std::uint32_t no_place = (1 << 24) - 1;

    PackedFlowKey key;
    ConnectionId next_in_bucket = 0xffffffff;
    std::uint32_t holding : 24 = no_place;  ///< its place among those that hold anything back
    Direction client : 1 = 0;
    bool client_known : 1 = false;
    bool connecting : 1 = false;  ///< SYN seen, the client's final ACK not yet
    bool finished : 1 = false;    ///< told as closed; kept for a while so that late segments do not open it anew
    bool touched : 1 = false;     ///< seen since the last search for one to evict
    Direction first : 1 = 0;      ///< who sent its first segment
    bool both_lanes : 1 = false;  ///< the other direction was given a lane too
    bool other_seen : 1 = false;  ///< until then: payload of it was seen, elsewhere; its `first` is the sequence number
    Stream streams[2];  ///< by sender: streams[0] is what key.ends[0] sends

    // What nobody needs of a finished one is where the table keeps it.
    Time& finish_time() { return streams[0].last; }
    ConnectionId& finished_before() { return streams[0].acked; }
    ConnectionId& finished_after() { return streams[1].acked; }
};
static_assert(sizeof(Connection) <= 72, "65,536 of them take 4.5 MiB");

using ConnectionTable = FlowTable<Connection>;

}  // namespace podsnoop
