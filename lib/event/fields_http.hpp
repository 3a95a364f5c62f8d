// The fields of an http record, and the columns in which people read it.
#pragma once

#include "event/columns.hpp"
#include "event/exchange.hpp"
#include "event/fields.hpp"

namespace podsnoop {

/// Which fields are there only because the user asked for them.
struct ExchangeExtras {
    bool headers = false, body = false;
};

template <class Visitor>
void visit_fields(const Pod& pod, Visitor& v) {
    v.field("namespace"_key, {.doc = "the pod's namespace"}, std::string_view(pod.namespace_name));
    v.field("name"_key, {.doc = "the pod's name"}, std::string_view(pod.name));
    v.field("uid"_key, {.doc = "the pod's UID", .null = "unknown"}, known(pod.uid));
    v.field("container"_key, {.doc = "the container's name", .null = "unknown"}, known(pod.container));
}

template <class Visitor>
void visit_fields(const Peer& peer, Visitor& v) {
    v.field("address"_key, {.doc = "IPv4 or IPv6 address", .null = "unknown"}, peer.endpoint.address);
    v.field("port"_key, {.doc = "TCP port"}, std::uint64_t{peer.endpoint.port});
    static const Pod no_pod;
    v.object("pod"_key, {.doc = "the pod the address belongs to", .null = "no pod of this node, or unknown"},
             peer.pod != nullptr, [&] { visit_fields(peer.pod != nullptr ? *peer.pod : no_pod, v); });
    v.field("comm"_key, {.doc = "process that owns the socket, where it is in no pod", .null = "in a pod, or unknown"},
            known(peer.comm));
}

template <class Visitor>
void visit_fields(const Service& service, Visitor& v) {
    v.field("address"_key, {.doc = "the Service's address", .null = "unknown"}, service.endpoint.address);
    v.field("port"_key, {.doc = "the Service's port"}, std::uint64_t{service.endpoint.port});
    v.field("name"_key, {.doc = "namespace/name:port-name", .null = "unknown"}, known(service.name));
}

/// What both halves end with, in this order.
template <class Visitor>
void visit_message_end(const Message& message, ExchangeExtras extras, Visitor& v) {
    v.field("version"_key, {.doc = "HTTP version: 1.0 or 1.1"},
            Word{message.version_minor == 0 ? "1.0" : "1.1"});
    v.field("head_bytes"_key, {.doc = "start line and headers with the empty line", .unit = "bytes"},
            message.head_bytes);
    v.field("body_bytes"_key,
            {.doc = "message body after transfer decoding, before content decoding", .unit = "bytes"},
            message.body_bytes);
    if (extras.headers)
        v.field("headers"_key, {.doc = "values of the headers asked for, by name in lower case"},
                HeaderMap{message.headers});
    if (extras.body)
        v.field("body"_key, {.doc = "start of the body, as it was sent"},
                std::string_view(message.body_preview));
}

template <class Visitor>
void visit_fields(const Exchange& e, ExchangeExtras extras, Visitor& v) {
    v.field("type"_key, {.doc = "always http"}, Word{"http"});
    v.field("time"_key,
            {.doc = "first byte of the request, or of the response where that is all that was seen"}, e.time);
    v.field("side"_key, {.doc = "where it was seen: client, server or between", .null = "unknown"},
            Word{name_of(e.side)});
    v.field("interface"_key, {.doc = "network interface", .null = "unknown"}, known(e.interface));
    v.field("netns"_key, {.doc = "inode of the network namespace", .null = "unknown"}, known(e.netns));
    v.object("client"_key, {.doc = "who asked"}, true, [&] { visit_fields(e.client, v); });
    v.object("server"_key, {.doc = "who was asked, and answered"}, true, [&] { visit_fields(e.server, v); });
    static const Service no_service;
    v.object("service"_key, {.doc = "the Service whose address the client called", .null = "none, or unknown"}, e.service.has_value(),
             [&] { visit_fields(e.service ? *e.service : no_service, v); });
    v.object("request"_key, {.doc = "the request", .null = "never seen"}, e.request.seen, [&] {
        v.field("method"_key, {.doc = "method"}, std::string_view(e.request.method));
        v.field("target"_key, {.doc = "target as sent, with the query"}, std::string_view(e.request.target));
        v.field("host"_key,
                {.doc = "Host, or the authority of an absolute target", .null = "neither was sent"},
                e.request.host ? std::optional<std::string_view>(*e.request.host) : std::nullopt);
        visit_message_end(e.request, extras, v);
    });
    v.object("response"_key, {.doc = "the final response", .null = "never seen"}, e.response.seen, [&] {
        v.field("status"_key, {.doc = "status code"}, std::uint64_t{e.response.status});
        visit_message_end(e.response, extras, v);
    });
    v.object("latency_us"_key, {.doc = "where the time went"}, true, [&] {
        constexpr std::string_view unit = "microseconds", unseen = "an end of it was not seen";
        v.field("connect"_key,
                {.doc = "SYN to the client's final ACK",
                 .unit = unit,
                 .null = "not a connection's first, or unseen"},
                Micros{e.latency.connect});
        v.field("request"_key, {.doc = "first to last byte of the request", .unit = unit, .null = unseen},
                Micros{e.latency.request});
        v.field(
            "wait"_key,
            {.doc = "last byte of the request to first byte of the response", .unit = unit, .null = unseen},
            Micros{e.latency.wait});
        v.field("response"_key, {.doc = "first to last byte of the response", .unit = unit, .null = unseen},
                Micros{e.latency.response});
        v.field(
            "total"_key,
            {.doc = "first byte of the request to last byte of the response", .unit = unit, .null = unseen},
            Micros{e.latency.total});
    });
    v.field("end"_key,
            {.doc = "how it ended: complete, reset, closed, timeout, gap, upgraded, capture-end or evicted"},
            Word{name_of(e.end)});
    v.field("flags"_key, {.doc = "midstream, pipelined, early, body-gap, retransmit, truncated-head"},
            FlagList{e.flags});
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
    v.column({"FLAGS", wide, 14, 9, 9, 30, 1, 16, false}, FlagList{e.flags});
    v.column({"INTERFACE", wide, 15, 9, 9, 15, 1, 16, false}, std::string_view(e.interface));
    v.column({"HOST", table, 7, 12, 16, 32, 1, 40, false},
             e.request.host ? std::string_view(*e.request.host) : std::string_view{});
    v.column({"REQUEST", table, 0, 1, 20, 20, 1, nothing, false}, RequestLine{e.request});
}

}  // namespace podsnoop
