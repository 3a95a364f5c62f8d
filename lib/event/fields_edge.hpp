// The fields of an edge of the map, and the columns in which people read it.
#pragma once

#include <string>

#include "event/columns.hpp"
#include "event/edge.hpp"
#include "event/fields_party.hpp"

namespace podsnoop {

template <class Visitor>
void visit_fields(const EdgeRecord& edge, Visitor& v) {
    v.field("type"_key, {.doc = "always edge"}, Word{"edge"});
    v.field("time"_key, {.doc = "start of the interval"}, edge.time);
    v.field("interval_s"_key, {.doc = "its length", .unit = "seconds"}, seconds_in(edge.interval));
    v.object("client"_key, {.doc = "who calls", .null = "all edges beyond the limit, together"}, !edge.other, [&] {
        visit_pod(edge.client, v);
        visit_address(edge.client, v);
        visit_comm(edge.client, v);
    });
    v.object("server"_key, {.doc = "who is called, and answers", .null = "all edges beyond the limit, together"}, !edge.other,
             [&] {
                 visit_pod(edge.server, v);
                 visit_address(edge.server, v);
                 visit_port(edge.server, v);
                 visit_comm(edge.server, v);
             });
    v.field("other"_key, {.doc = "whether this is all edges beyond the limit, together"}, edge.other);
    visit_counts(edge.summary, v);
    visit_latency(edge.summary.latency, false, v);
    visit_bytes(edge.summary, v);
}

/// The columns, from left to right; who calls whom stays longest.
template <class Visitor>
void visit_columns(const EdgeRecord& edge, Visitor& v) {
    using enum Column::Shown;
    constexpr unsigned nothing = 0;
    const RequestSummary& all = edge.summary;
    const std::string client = edge.other ? "(other)" : edge.client.name();
    const std::string server = edge.other ? "(other)" : edge.server.name();
    v.column({"TIME", wide, 9, 8, 12, 12, 4, 16, false}, Clock{edge.time});
    v.column({"CLIENT", table, 1, 9, 24, 48, 1, 9, false}, std::string_view(client));
    v.column({"REQUESTS", table, 5, 8, 8, 12, 1, 16, true}, std::optional(all.requests));
    v.column({"RATE", table, 2, 7, 7, 9, 1, 16, true}, Rate{all.rate});
    v.column({"ERRORS", table, 3, 6, 6, 10, 1, 16, true}, std::optional(all.errors));
    v.column({"NO-REPLY", table, 7, 8, 8, 10, 1, 30, true}, std::optional(all.unanswered));
    v.column({"P50", table, 6, 7, 7, 7, 1, 16, true}, all.latency.p50);
    v.column({"P99", table, 4, 7, 7, 7, 1, 16, true}, all.latency.p99);
    v.column({"SIZE", table, 8, 5, 5, 5, 1, 40, true}, Size{all.response_bytes});
    v.column({"SERVER", table, 0, 1, 24, 48, 1, nothing, false}, std::string_view(server));
}

}  // namespace podsnoop
