// Which connection a segment is of.
#pragma once

#include <compare>
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

/// Whether both its ends have IPv4 addresses.
inline bool is_v4(const Segment& segment) {
    return segment.source.address.family == 4 && segment.destination.address.family == 4;
}

/// What no segment is sent by, but one of a socket that is connected to itself: that has no two directions.
inline constexpr Direction no_sender = 2;

/// As sender_of(), whatever the addresses are.
[[gnu::noinline]] inline Direction sender_in_order(const Segment& segment) {
    const std::strong_ordering order = segment.source <=> segment.destination;
    return order < 0 ? 0 : order > 0 ? 1 : no_sender;
}

// The next two are called for each segment, and part of who calls them. They read the addresses in the pieces in which a packet
// was decoded: larger ones would wait for those (0.98 of the CPU of all there is to do for an exchange).

/// Who sent it, as one of the key's ends; or no_sender.
[[gnu::always_inline]] inline Direction sender_of(const Segment& segment) {
    if (!is_v4(segment)) [[unlikely]]
        return sender_in_order(segment);
    const auto rank = [](const Endpoint& end) { return std::uint64_t{end.address.v4_number()} << 16 | end.port; };
    const std::uint64_t source = rank(segment.source), destination = rank(segment.destination);
    return source < destination ? 0 : source > destination ? 1 : no_sender;
}

inline FlowKey flow_key(const Segment& segment, Direction from) {
    return from == 0 ? FlowKey{{segment.source, segment.destination}, segment.scope}
                     : FlowKey{{segment.destination, segment.source}, segment.scope};
}

/// The entry of its connection, or none.
template <class Entry>
[[gnu::always_inline]] inline FlowId find_flow(const FlowTable<Entry>& table, const Segment& segment, Direction from) {
    const bool first = from == 0;
    const Endpoint &lower = first ? segment.source : segment.destination, &upper = first ? segment.destination : segment.source;
    const PackedFlowKey key{.addresses = {lower.address.v4_word(), upper.address.v4_word()},
                            .ports = {lower.port, upper.port},
                            .scope = segment.scope};
    if (!is_v4(segment) || key.is_elsewhere()) [[unlikely]]
        return table.find(flow_key(segment, from));
    return table.find(key);
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
