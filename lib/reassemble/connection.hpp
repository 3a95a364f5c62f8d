// What the reassembler knows of a connection.
#pragma once

#include <cstdint>

#include "base/time.hpp"
#include "reassemble/flow_table.hpp"
#include "reassemble/sink.hpp"
#include "reassemble/stream.hpp"

namespace podsnoop {

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

using ConnectionTable = FlowTable<Connection>;

}  // namespace podsnoop
