// What the reassembler knows of a connection.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "base/time.hpp"
#include "reassemble/flow_table.hpp"
#include "reassemble/sink.hpp"
#include "reassemble/stream.hpp"

namespace podsnoop {

/// What there is more of a connection that holds anything back.
struct Holding {
    std::optional<Hold> holds[2];  ///< by sender; one of them at least
    Time last_seen;                ///< the connection
    std::uint32_t place = 0;       ///< among those that hold anything back
};

struct Connection {
    static constexpr std::uint32_t no_interface = 0xffffffff;

    FlowKey key;
    ConnectionId next_in_bucket = 0xffffffff;
    Stream streams[2];                 ///< by sender: streams[0] is what key.ends[0] sends
    std::unique_ptr<Holding> holding;  ///< null where nothing is held
    Time since;                        ///< while `connecting`, of the first SYN; once `finished`, of the end
    std::uint32_t lanes[2] = {no_interface, no_interface};  ///< the interface whose copy of a direction counts
    std::uint32_t other_seq = 0;                            ///< payload seen of a lane not yet given, elsewhere
    ConnectionId finished_before = 0xffffffff, finished_after = 0xffffffff;  ///< its neighbours in order of finishing
    Direction client = 0;
    bool client_known : 1 = false;
    bool connecting : 1 = false;  ///< SYN seen, the client's final ACK not yet
    bool other_seen : 1 = false;  ///< other_seq is valid
    bool finished : 1 = false;    ///< told as closed; kept for a while so that late segments do not open it anew
    bool touched : 1 = false;     ///< seen since the last search for one to evict

    Time& finish_time() { return since; }
    /// What a direction holds back; null where that is nothing.
    [[nodiscard]] Hold* hold_of(Direction direction) const {
        return holding && holding->holds[direction] ? &*holding->holds[direction] : nullptr;
    }
};
static_assert(sizeof(Connection) <= 136, "65,536 of them take 8.5 MiB");

using ConnectionTable = FlowTable<Connection>;

}  // namespace podsnoop
