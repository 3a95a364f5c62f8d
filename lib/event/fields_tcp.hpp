// The fields of a tcp record, and the columns in which people read it.
#pragma once

#include <optional>

#include "event/columns.hpp"
#include "event/fields.hpp"
#include "event/fields_network_record.hpp"
#include "event/tcp.hpp"

namespace podsnoop {

template <class Visitor>
void visit_fields(const TcpConnection& c, Visitor& v) {
    constexpr std::string_view microseconds = "microseconds", bytes = "bytes", still_open = "it goes on";
    constexpr std::string_view no_sample = "nothing sent there was acknowledged within sight";
    const auto number = [&](std::uint64_t value) { return c.open ? std::nullopt : std::optional(value); };
    const TcpPeerCounts &client = c.client_counts, &server = c.server_counts;
    v.field("type"_key, {.doc = "tcp, or tcp-open for a connection's start (--open)"}, Word{c.open ? "tcp-open" : "tcp"});
    v.field("time"_key, {.doc = "its first segment"}, c.time);
    visit_network_record(c, v);
    v.field("duration_us"_key, {.doc = "first to last segment", .unit = microseconds, .null = still_open},
            Micros{c.open ? std::nullopt : std::optional(c.duration)});
    v.field("connect_us"_key,
            {.doc = "first SYN to the client's final ACK", .unit = microseconds, .null = "one of them was not seen"},
            Micros{c.connect});
    v.field("rtt_us"_key,
            {.doc = "smoothed round-trip time, client_rtt_us and server_rtt_us together",
             .unit = microseconds,
             .null = "one of them is"},
            Micros{c.rtt()});
    v.field("client_rtt_us"_key,
            {.doc = "smoothed, from where it was seen to the client and back", .unit = microseconds, .null = no_sample},
            Micros{client.rtt});
    v.field("client_rtt_min_us"_key, {.doc = "the shortest of these", .unit = microseconds, .null = no_sample},
            Micros{client.rtt_min});
    v.field("server_rtt_us"_key,
            {.doc = "smoothed, from where it was seen to the server and back", .unit = microseconds, .null = no_sample},
            Micros{server.rtt});
    v.field("server_rtt_min_us"_key, {.doc = "the shortest of these", .unit = microseconds, .null = no_sample},
            Micros{server.rtt_min});
    v.field("client_bytes"_key, {.doc = "payload the client sent, each byte once", .unit = bytes, .null = still_open},
            number(client.bytes));
    v.field("server_bytes"_key, {.doc = "payload the server sent, each byte once", .unit = bytes, .null = still_open},
            number(server.bytes));
    v.field("retransmits"_key, {.doc = "segments sent again by either side, SYN and FIN too", .null = still_open},
            number(c.retransmits()));
    v.field("client_retransmits"_key, {.doc = "those of the client", .null = still_open}, number(client.retransmits));
    v.field("server_retransmits"_key, {.doc = "those of the server", .null = still_open}, number(server.retransmits));
    v.field("client_zero_windows"_key, {.doc = "times the client's receive window closed", .null = still_open},
            number(client.zero_windows));
    v.field("server_zero_windows"_key, {.doc = "times the server's receive window closed", .null = still_open},
            number(server.zero_windows));
    v.field("syns"_key, {.doc = "SYNs of the client that were seen", .null = still_open}, number(c.syns));
    v.field("reset_by"_key, {.doc = "who sent the RST: client or server", .null = "nobody"}, word(c.reset_by));
    v.field("end"_key, {.doc = "how it ended: fin, reset, refused, timeout, reused, capture-end or evicted", .null = still_open},
            word(c.open ? std::nullopt : std::optional(c.end)));
    v.field("flags"_key, {.doc = "midstream, one-way, half-open, reordered"}, flag_list<ConnectionFlag>(c.flags));
}

/// The columns, from left to right. On a terminal of 80 both addresses and how it ended are whole.
template <class Visitor>
void visit_columns(const TcpConnection& c, Visitor& v) {
    using enum Column::Shown;
    constexpr unsigned nothing = 0, ending = 12;
    const auto size = [&](std::uint64_t bytes) { return Size{c.open ? std::nullopt : std::optional(bytes)}; };
    const auto number = [&](std::uint64_t value) { return c.open ? std::nullopt : std::optional(value); };
    const std::optional<Nanoseconds> duration = c.open ? std::nullopt : std::optional(c.duration);
    const TcpPeerCounts &client = c.client_counts, &server = c.server_counts;
    v.column({"TIME", table, 6, 8, 12, 12, 4, ending, false}, Clock{c.time});
    v.column({"CLIENT", table, 3, 15, 21, 40, 1, ending, false}, PeerName{c.client, false});
    v.column({"SERVER", table, 1, 20, 21, 40, 1, nothing, false}, PeerName{c.server, true});
    v.column({"TOOK", table, 2, 7, 7, 7, 1, ending, true}, duration);
    v.column({"CONNECT", wide, 9, 7, 7, 7, 1, ending, true}, c.connect);
    v.column({"RTT", table, 4, 7, 7, 7, 1, ending, true}, c.rtt());
    v.column({"C-RTT", wide, 10, 7, 7, 7, 1, ending, true}, client.rtt);
    v.column({"C-MIN", wide, 11, 7, 7, 7, 1, ending, true}, client.rtt_min);
    v.column({"S-RTT", wide, 12, 7, 7, 7, 1, ending, true}, server.rtt);
    v.column({"S-MIN", wide, 13, 7, 7, 7, 1, ending, true}, server.rtt_min);
    v.column({"SENT", table, 7, 5, 5, 5, 1, ending, true}, size(client.bytes));
    v.column({"RECVD", table, 5, 5, 5, 5, 1, ending, true}, size(server.bytes));
    v.column({"RETRANS", table, 8, 7, 7, 7, 1, ending, true}, number(c.retransmits()));
    v.column({"C-RETR", wide, 14, 6, 6, 6, 1, ending, true}, number(client.retransmits));
    v.column({"S-RETR", wide, 15, 6, 6, 6, 1, ending, true}, number(server.retransmits));
    v.column({"C-ZERO", wide, 16, 6, 6, 6, 1, ending, true}, number(client.zero_windows));
    v.column({"S-ZERO", wide, 17, 6, 6, 6, 1, ending, true}, number(server.zero_windows));
    v.column({"SYNS", wide, 18, 4, 4, 4, 1, ending, true}, number(c.syns));
    v.column({"INTERFACE", wide, 19, 9, 9, 15, 1, ending, false}, std::string_view(c.interface));
    v.column({"FLAGS", wide, 20, 9, 9, 30, 1, ending, false}, flag_list<ConnectionFlag>(c.flags));
    v.column({"END", table, 0, 4, 12, 14, 1, nothing, false}, Ending{c});
}

}  // namespace podsnoop
