// The fields of the ledger. Keys with a hyphen are values of other records' fields (`end`, a packet's fate).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "event/fields.hpp"
#include "event/ledger.hpp"

namespace podsnoop {

template <class Visitor>
void visit_fields(const PacketCounts& packets, Visitor& v) {
    v.field("seen"_key, {.doc = "packets the capture saw: kept, skipped and dropped together"}, packets.seen);
    v.field("kept"_key, {.doc = "delivered to the decoder"}, packets.kept);
    v.object("skipped"_key, {.doc = "left out on purpose"}, true, [&] {
        v.field("not-tcp"_key, {.doc = "not TCP"}, packets.skipped_not_tcp);
        v.field("not-selected"_key, {.doc = "of connections that are told from elsewhere"}, packets.skipped_not_selected);
        v.field("not-http"_key, {.doc = "of connections known not to be HTTP"}, packets.skipped_not_http);
        v.field("body"_key, {.doc = "inside a body whose end is known"}, packets.skipped_body);
        v.field("ack"_key, {.doc = "without payload and without SYN, FIN or RST"}, packets.skipped_ack);
    });
    v.object("dropped"_key, {.doc = "lost"}, true, [&] {
        v.field("ring-full"_key, {.doc = "the ring was full"}, packets.dropped_ring_full);
        v.field("other"_key, {.doc = "for any other reason"}, packets.dropped_other);
    });
}

/// What all ledgers start with. `gap`: bytes that were sent and never seen, where the trace would notice.
template <class Visitor>
void visit_capture(const CaptureLedger& ledger, std::optional<std::uint64_t> gap, Visitor& v) {
    v.field("type"_key, {.doc = "always ledger"}, Word{"ledger"});
    v.field("duration_us"_key, {.doc = "how long was traced", .unit = "microseconds"}, Micros{ledger.duration});
    v.object("packets"_key, {.doc = "packets"}, true, [&] { visit_fields(ledger.packets, v); });
    v.object("segments"_key, {.doc = "what became of the packets kept"}, true, [&] {
        v.field("decoded"_key, {.doc = "TCP segments decoded"}, ledger.segments_decoded);
        v.field("malformed"_key, {.doc = "headers that contradict themselves"}, ledger.segments_malformed);
        v.field("fragments"_key, {.doc = "fragments of IP packets that were not put together"}, ledger.segments_fragments);
    });
    v.object("bytes"_key, {.doc = "TCP payload"}, true, [&] {
        v.field("captured"_key, {.doc = "reached the decoder", .unit = "bytes"}, ledger.bytes_captured);
        v.field("gap"_key, {.doc = "sent and never seen", .unit = "bytes", .null = "not looked for"}, gap);
        v.field("cut"_key, {.doc = "left out by the capture, as a snap length or the filter does", .unit = "bytes"},
                ledger.bytes_cut);
    });
    v.object("excluded"_key, {.doc = "records that were not told, whatever was chosen; what they are of is counted all the same"},
             true, [&] { v.field("self"_key, {.doc = "of connections that carry this output away"}, ledger.records_delivery); });
}

template <class Visitor>
void visit_fields(const Ledger& ledger, Visitor& v) {
    const auto ended = [&](ExchangeEnd end) { return ledger.requests_by_end[static_cast<std::size_t>(end)]; };
    visit_capture(ledger, ledger.bytes_gap, v);
    v.object("requests"_key, {.doc = "requests"}, true, [&] {
        using enum ExchangeEnd;
        v.field("seen"_key, {.doc = "complete and unanswered together"}, ledger.requests_seen);
        v.field("complete"_key, {.doc = "both messages ended as their framing says"}, ended(complete));
        v.object("unanswered"_key, {.doc = "the rest, by how they ended"}, true, [&] {
            v.field("reset"_key, {.doc = "RST"}, ended(reset));
            v.field("closed"_key, {.doc = "FIN before the message ended"}, ended(closed));
            v.field("timeout"_key, {.doc = "no answer in time"}, ended(timeout));
            v.field("gap"_key, {.doc = "bytes missing where they were needed"}, ended(gap));
            v.field("upgraded"_key, {.doc = "the stream is no longer HTTP"}, ended(upgraded));
            v.field("capture-end"_key, {.doc = "tracing or the file ended first"}, ended(capture_end));
            v.field("evicted"_key, {.doc = "a limit of ours"}, ended(evicted));
        });
    });
    v.object("responses"_key, {.doc = "responses"}, true,
             [&] { v.field("orphan"_key, {.doc = "responses whose request was not seen"}, ledger.responses_orphan); });
    v.object("limits"_key, {.doc = "limits of ours that were hit"}, true, [&] {
        v.field("connections-evicted"_key, {.doc = "connections forgotten for want of room"}, ledger.connections_evicted);
        v.field("heads-truncated"_key, {.doc = "heads longer than is kept"}, ledger.heads_truncated);
    });
    v.object("connections"_key, {.doc = "connections that were not decoded here"}, true, [&] {
        v.field("tls"_key, {.doc = "TLS"}, ledger.connections_tls);
        v.field("http2"_key, {.doc = "HTTP/2"}, ledger.connections_http2);
        v.field("other"_key, {.doc = "anything else"}, ledger.connections_other);
        v.field("elsewhere"_key, {.doc = "HTTP, and told from the client's end, which is traced too"},
                ledger.connections_elsewhere);
    });
    v.object("tunnels"_key, {.doc = "connections after an upgrade or CONNECT"}, true, [&] {
        v.field("count"_key, {.doc = "tunnels"}, ledger.tunnels);
        v.field("bytes"_key, {.doc = "what they carried", .unit = "bytes"}, ledger.tunnel_bytes);
        v.field("websocket"_key, {.doc = "those of them that speak WebSocket"}, ledger.tunnels_websocket);
    });
}

template <class Visitor>
void visit_fields(const TcpLedger& ledger, Visitor& v) {
    const auto ended = [&](ConnectionEnd end) { return ledger.connections_by_end[static_cast<std::size_t>(end)]; };
    visit_capture(ledger, std::nullopt, v);
    v.object("connections"_key, {.doc = "connections"}, true, [&] {
        using enum ConnectionEnd;
        v.field("seen"_key, {.doc = "those that ended, by any end"}, ledger.connections_seen);
        v.object("ended"_key, {.doc = "by how they ended"}, true, [&] {
            v.field("fin"_key, {.doc = "both sides sent FIN"}, ended(fin));
            v.field("reset"_key, {.doc = "RST"}, ended(reset));
            v.field("refused"_key, {.doc = "RST to the SYN"}, ended(refused));
            v.field("timeout"_key, {.doc = "the handshake was given up"}, ended(timeout));
            v.field("reused"_key, {.doc = "another came with the same addresses and ports"}, ended(reused));
            v.field("capture-end"_key, {.doc = "tracing or the file ended first"}, ended(capture_end));
            v.field("evicted"_key, {.doc = "a limit of ours"}, ended(ConnectionEnd::evicted));
        });
        v.field("elsewhere"_key, {.doc = "told from the client's end, which is traced too; not among those seen"},
                ledger.connections_elsewhere);
    });
    v.object("limits"_key, {.doc = "limits of ours that were hit"}, true, [&] {
        v.field("connections-evicted"_key, {.doc = "connections forgotten for want of room"}, ended(ConnectionEnd::evicted));
    });
}

}  // namespace podsnoop
