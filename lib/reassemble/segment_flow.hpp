// Which connection a segment is of.
#pragma once

#include <cstdint>

#include "event/segment.hpp"
#include "reassemble/flow_table.hpp"
#include "reassemble/sink.hpp"
#include "reassemble/stream.hpp"

namespace podsnoop {

// A segment further than this from where its stream stands belongs to another connection with the same addresses and
// ports, whose SYN was not seen. Windows end at 1 GiB (RFC 7323 2.3).
inline constexpr std::int32_t far_ahead = 1 << 30;
inline constexpr std::int32_t far_behind = -(64 << 20);

/// Who sent it, as one of the key's ends. Its endpoints differ.
inline Direction sender_of(const Segment& segment) { return segment.source < segment.destination ? 0 : 1; }

inline FlowKey flow_key(const Segment& segment, Direction from) {
    return from == 0 ? FlowKey{{segment.source, segment.destination}, segment.scope}
                     : FlowKey{{segment.destination, segment.source}, segment.scope};
}

/// Who is the client where nothing shows who sent the SYN: servers listen on low ports.
inline Direction likely_client(const PackedFlowKey& key) { return key.ports[0] < key.ports[1] ? 1 : 0; }

/// Whether it is of another connection between the same ports, whose beginning was not noticed otherwise. `Side` is what is
/// known of its sender: `first`, valid where `has_syn`, and `next`, valid where `started`. `finished`: the connection is.
template <class Side>
bool is_of_another(const Segment& segment, const Side& side, bool finished) {
    if (has(segment, tcp_rst)) return false;
    if (has(segment, tcp_syn)) {
        // A SYN sent again, or seen at another interface, has the number it had; a new connection's has not.
        if (side.has_syn) return side.first != segment.seq;
        if (!side.started) return finished;
        const std::int32_t ahead = distance(segment.seq + 1, side.next);
        return ahead < 0 || ahead > 65536;
    }
    if (segment.length == 0 || !side.started) return false;
    const std::int32_t ahead = distance(side.next, segment.seq);
    return ahead > far_ahead || ahead < far_behind;
}

}  // namespace podsnoop
