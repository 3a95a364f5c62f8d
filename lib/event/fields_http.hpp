// The fields of an http record, and the columns in which people read it.
#pragma once

#include "event/columns.hpp"
#include "event/exchange.hpp"
#include "event/fields.hpp"
#include "event/fields_network_record.hpp"

namespace podsnoop {

/// Which fields are there only because the user asked for them.
struct ExchangeExtras {
    bool headers = false, body = false;
};

/// "1.0" of 0.
inline std::string_view http_version(std::uint8_t minor) {
    switch (minor) {
        case 0: return "1.0";
        case 1: return "1.1";
        default: return {};
    }
}

/// What both halves tell: of the head, which begins with what `start(visitor)` visits, and of what else was seen.
template <class Visitor, class Start>
void visit_message(const Message& message, ExchangeExtras extras, Visitor& v, Start start) {
    visit_repeated(v, Identified::head, message.head_identity, [&](auto& head) {
        start(head);
        head.field("version"_key, {.doc = "HTTP version: 1.0 or 1.1"},
                   Word{http_version(message.version_minor == 0 ? 0 : 1), http_version});
        head.field("head_bytes"_key, {.doc = "start line and headers with the empty line", .unit = "bytes"}, message.head_bytes);
    });
    v.field("body_bytes"_key, {.doc = "message body after transfer decoding, before content decoding", .unit = "bytes"},
            message.body_bytes);
    if (extras.headers)
        v.field("headers"_key, {.doc = "values of the headers asked for, by name in lower case", .only_with = "--headers"},
                HeaderMap{message.headers});
    if (extras.body)
        v.field("body"_key, {.doc = "start of the body, as it was sent", .only_with = "--body"},
                std::string_view(message.body_preview));
}

template <class Visitor>
void visit_fields(const Exchange& e, ExchangeExtras extras, Visitor& v) {
    v.field("type"_key, {.doc = "always http"}, Word{"http"});
    v.field("time"_key, {.doc = "first byte of the request, or of the response where that is all that was seen"}, e.time);
    visit_network_record(e, v);
    v.object("request"_key, {.doc = "the request", .null = "never seen"}, e.request.seen, [&] {
        visit_message(e.request, extras, v, [&](auto& head) {
            head.field("method"_key, {.doc = "method"}, MethodName{e.request.method});
            head.field("target"_key, {.doc = "target as sent, with the query"}, std::string_view(e.request.target));
            head.field("host"_key, {.doc = "Host, or the authority of an absolute target", .null = "neither was sent"},
                       e.request.host ? std::optional<std::string_view>(*e.request.host) : std::nullopt);
        });
    });
    v.object("response"_key, {.doc = "the final response", .null = "never seen"}, e.response.seen, [&] {
        visit_message(e.response, extras, v, [&](auto& head) {
            head.field("status"_key, {.doc = "status code", .series = true}, std::uint64_t{e.response.status});
        });
    });
    v.object("latency_us"_key, {.doc = "where the time went"}, true, [&] {
        constexpr std::string_view unit = "microseconds", unseen = "an end of it was not seen";
        v.field("connect"_key,
                {.doc = "SYN to the client's final ACK", .unit = unit, .null = "not a connection's first, or unseen"},
                Micros{e.latency.connect});
        v.field("request"_key, {.doc = "first to last byte of the request", .unit = unit, .null = unseen},
                Micros{e.latency.request});
        v.field("wait"_key, {.doc = "last byte of the request to first byte of the response", .unit = unit, .null = unseen},
                Micros{e.latency.wait});
        v.field("response"_key, {.doc = "first to last byte of the response", .unit = unit, .null = unseen},
                Micros{e.latency.response});
        v.field("total"_key, {.doc = "first byte of the request to last byte of the response", .unit = unit, .null = unseen},
                Micros{e.latency.total});
    });
    v.field("end"_key, {.doc = "how it ended: complete, reset, closed, timeout, gap, upgraded, capture-end or evicted"},
            word(e.end));
    v.field("flags"_key, {.doc = "midstream, pipelined, early, body-gap, retransmit, truncated-head"},
            flag_list<ExchangeFlag>(e.flags));
}

/// The columns, from left to right. The least widths let every IPv4 address be whole, a server's with a port
/// of four digits; 21 columns hold "255.255.255.255:65535".
template <class Visitor>
void visit_columns(const Exchange& e, Visitor& v) {
    using enum Column::Shown;
    constexpr unsigned nothing = 0;
    const Latency& took = e.latency;
    const auto body = [](const Message& message) {
        return Size{message.seen ? std::optional(message.body_bytes) : std::nullopt};
    };
    v.column({"TIME", table, 3, 8, 12, 12, 4, nothing, false}, Clock{e.time});
    v.column({"CLIENT", table, 5, 15, 21, 40, 1, 16, false}, PeerName{e.client, false});
    v.column({"SERVER", table, 4, 20, 21, 40, 1, 12, false}, PeerName{e.server, true});
    v.column({"STATUS", table, 1, 7, 11, 11, 1, nothing, false}, Outcome{e.response, e.end});
    v.column({"LATENCY", table, 2, 7, 7, 7, 1, nothing, true}, took.total ? took.total : took.wait);
    v.column({"CONNECT", wide, 9, 7, 7, 7, 1, 16, true}, took.connect);
    v.column({"REQ-TIME", wide, 11, 8, 8, 8, 1, 16, true}, took.request);
    v.column({"WAIT", wide, 8, 7, 7, 7, 1, 16, true}, took.wait);
    v.column({"RESP-TIME", wide, 10, 9, 9, 9, 1, 16, true}, took.response);
    v.column({"REQ-SIZE", wide, 12, 8, 8, 8, 1, 16, true}, body(e.request));
    v.column({"SIZE", table, 6, 5, 5, 5, 1, 24, true}, body(e.response));
    v.column({"END", wide, 13, 11, 11, 11, 1, 16, false}, Word{name_of(e.end)});
    v.column({"FLAGS", wide, 14, 9, 9, 30, 1, 16, false}, flag_list<ExchangeFlag>(e.flags));
    v.column({"INTERFACE", wide, 15, 9, 9, 15, 1, 16, false}, std::string_view(e.interface));
    v.column({"HOST", table, 7, 12, 16, 32, 1, 40, false},
             e.request.host ? std::string_view(*e.request.host) : std::string_view{});
    v.column({"REQUEST", table, 0, 1, 20, 20, 1, nothing, false}, RequestLine{e.request});
}

}  // namespace podsnoop
