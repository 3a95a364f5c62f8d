// What was seen and what was missed: counters whose sums balance, printed when tracing ends.
#pragma once

#include <array>
#include <cstdint>

#include "base/time.hpp"
#include "event/exchange.hpp"
#include "event/tcp.hpp"

namespace podsnoop {

/// Packets, as the capture counts them: seen = kept + every skipped + every dropped.
struct PacketCounts {
    std::uint64_t seen = 0;
    std::uint64_t kept = 0;                 ///< delivered to the decoder
    std::uint64_t skipped_not_tcp = 0;
    std::uint64_t skipped_not_selected = 0; ///< of connections told from elsewhere
    std::uint64_t skipped_not_http = 0;     ///< of connections known not to be HTTP
    std::uint64_t skipped_body = 0;         ///< inside a body whose end is known
    std::uint64_t skipped_ack = 0;          ///< without payload and without SYN, FIN or RST
    std::uint64_t dropped_ring_full = 0;
    std::uint64_t dropped_other = 0;
};

/// What any trace counts, whatever it makes of the segments.
struct CaptureLedger {
    Nanoseconds duration{0};
    PacketCounts packets;
    // Packets: kept = decoded + malformed + fragments. Once IP fragments were put together, each of them counts as
    // what their datagram came out as (decoded, malformed, or not TCP); fragments are those that never were.
    std::uint64_t segments_decoded = 0, segments_malformed = 0, segments_fragments = 0;
    std::uint64_t bytes_captured = 0;  ///< TCP payload bytes that reached the decoder
    std::uint64_t bytes_cut = 0;       ///< TCP payload bytes of those segments that the capture left out
    std::uint64_t records_delivery = 0;  ///< records not told, as they were of what carries this output away
};

/// Of a trace of HTTP.
struct Ledger : CaptureLedger {
    std::uint64_t bytes_gap = 0;  ///< TCP payload bytes that were sent and never seen
    // requests_seen = complete + every unanswered: by ExchangeEnd, `complete` first
    std::uint64_t requests_seen = 0;
    std::array<std::uint64_t, exchange_end_count> requests_by_end{};
    std::uint64_t responses_orphan = 0;  ///< responses whose request was not seen
    std::uint64_t connections_evicted = 0, heads_truncated = 0;
    std::uint64_t connections_tls = 0, connections_http2 = 0, connections_other = 0;  ///< not decoded
    std::uint64_t connections_elsewhere = 0;      ///< told from their client's end, which is traced too
    std::uint64_t tunnels = 0, tunnel_bytes = 0;  ///< connections after 101 or CONNECT, and what they carried
    std::uint64_t tunnels_websocket = 0;          ///< those of them that speak WebSocket
};

/// Of a trace of connections: seen = the sum by their ends.
struct TcpLedger : CaptureLedger {
    std::uint64_t connections_seen = 0;
    std::array<std::uint64_t, connection_end_count> connections_by_end{};
    std::uint64_t connections_elsewhere = 0;  ///< told from their client's end, which is traced too; not among those seen
};

}  // namespace podsnoop
