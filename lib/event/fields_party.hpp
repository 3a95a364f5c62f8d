// The fields of what records of many exchanges have in common: who, and how it went.
#pragma once

#include "event/fields.hpp"
#include "event/fields_http.hpp"
#include "event/party.hpp"
#include "event/request_summary.hpp"

namespace podsnoop {

template <class Visitor>
void visit_pod(const Party& party, Visitor& v) {
    static const Pod no_pod;
    v.object("pod"_key, {.doc = "the pod", .null = "no pod of this node, or unknown"}, party.pod.has_value(),
             [&] { visit_fields(party.pod ? *party.pod : no_pod, v); });
}

template <class Visitor>
void visit_address(const Party& party, Visitor& v) {
    v.field("address"_key, {.doc = "IPv4 or IPv6 address", .null = "several, or unknown", .series = true},
            party.endpoint.address);
}

template <class Visitor>
void visit_comm(const Party& party, Visitor& v) {
    v.field("comm"_key,
            {.doc = "process that owns the socket, where it is in no pod", .null = "in a pod, or unknown", .series = true},
            known(party.comm));
}

template <class Visitor>
void visit_port(const Party& party, Visitor& v) {
    v.field("port"_key, {.doc = "TCP port", .null = "not grouped by it", .series = true},
            known(std::uint64_t{party.endpoint.port}));
}

template <class Visitor>
void visit_counts(const RequestSummary& summary, Visitor& v) {
    v.field("requests"_key, {.doc = "requests that ended in the interval"}, summary.requests);
    v.field("errors"_key, {.doc = "those of them answered with 5xx"}, summary.errors);
    v.field("unanswered"_key, {.doc = "those of them without a complete response, and not counted as errors"},
            summary.unanswered);
    v.field("rate"_key, {.doc = "requests a second", .unit = "1/s", .null = "the interval had no length"}, summary.rate);
}

template <class Visitor>
void visit_bytes(const RequestSummary& summary, Visitor& v) {
    v.field("request_bytes"_key, {.doc = "heads and bodies of the requests", .unit = "bytes"}, summary.request_bytes);
    v.field("response_bytes"_key, {.doc = "heads and bodies of the responses", .unit = "bytes"}, summary.response_bytes);
}

/// `whole`: with mean, p90 and max.
template <class Visitor>
void visit_latency(const LatencySummary& latency, bool whole, Visitor& v) {
    constexpr std::string_view unit = "microseconds", none = "none of them was seen from end to end";
    v.object("latency_us"_key, {.doc = "first byte of the request to last byte of the response"}, true, [&] {
        if (whole) v.field("mean"_key, {.doc = "mean", .unit = unit, .null = none}, Micros{latency.mean});
        v.field("p50"_key, {.doc = "median, to 1 %", .unit = unit, .null = none}, Micros{latency.p50});
        if (whole)
            v.field("p90"_key, {.doc = "90 of 100 took at most this, to 1 %", .unit = unit, .null = none}, Micros{latency.p90});
        v.field("p99"_key, {.doc = "99 of 100 took at most this, to 1 %", .unit = unit, .null = none}, Micros{latency.p99});
        if (whole) v.field("max"_key, {.doc = "the longest", .unit = unit, .null = none}, Micros{latency.max});
        v.field("measured"_key, {.doc = "how many requests these are of"}, latency.measured);
    });
}

}  // namespace podsnoop
