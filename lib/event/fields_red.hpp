// The fields of a red record, and the columns in which people read it.
#pragma once

#include <string>

#include "event/columns.hpp"
#include "event/fields_party.hpp"
#include "event/red.hpp"

namespace podsnoop {

template <class Visitor>
void visit_fields(const RedRecord& red, Visitor& v) {
    const auto text = [](const std::optional<std::string>& of) {
        return of ? std::optional<std::string_view>(*of) : std::nullopt;
    };
    v.field("type"_key, {.doc = "always red"}, Word{"red"});
    v.field("time"_key, {.doc = "start of the interval"}, red.time);
    v.field("interval_s"_key, {.doc = "its length", .unit = "seconds"}, seconds_in(red.interval));
    visit_pod(red.server, v);
    visit_address(red.server, v);
    visit_port(red.server, v);
    visit_comm(red.server, v);
    static const Service no_service;
    v.object("service"_key, {.doc = "the Service called", .null = "none, unknown, or not grouped by it"}, red.service.has_value(),
             [&] { visit_fields(red.service ? *red.service : no_service, v); });
    v.field("host"_key, {.doc = "Host, in lower case", .null = "none sent, or not grouped by it", .series = true},
            text(red.host));
    v.field("path"_key, {.doc = "path, with * for what looks like an id", .null = "none, or not grouped by it", .series = true},
            text(red.path));
    v.field("status"_key, {.doc = "status code", .null = "no response, or not grouped by it", .series = true},
            known(std::uint64_t{red.status}));
    v.object("client"_key, {.doc = "who asked", .null = "not grouped by it"}, (red.by & by_client) != 0 && !red.other, [&] {
        visit_pod(red.client, v);
        visit_address(red.client, v);
        visit_comm(red.client, v);
    });
    v.field("other"_key, {.doc = "whether this is all groups beyond the limit, together"}, red.other);
    visit_counts(red.summary, v);
    visit_latency(red.summary.latency, true, v);
    visit_bytes(red.summary, v);
    if (!red.sketch) return;
    v.object("sketch"_key, {.doc = "the latencies' distribution, which adds up over records", .only_with = "--sketch"}, true,
             [&] {
                 v.field("base"_key, {.doc = "bin i has latencies above base^(i-1) and up to base^i, in microseconds"},
                         red.sketch->base);
                 v.field("bins"_key, {.doc = "how many, by bin"}, std::span<const SketchBin>(red.sketch->bins));
             });
}

/// What a person calls the group: "shop/cart-0:8080"; of several keys, all of them.
std::string name_of(const RedRecord& red);
/// The title above that.
std::string_view title_of(std::uint8_t red_keys);

/// The columns, from left to right; the quantiles stay longest.
template <class Visitor>
void visit_columns(const RedRecord& red, Visitor& v) {
    using enum Column::Shown;
    constexpr unsigned nothing = 0;
    const RequestSummary& all = red.summary;
    v.column({"TIME", wide, 13, 8, 12, 12, 4, 16, false}, Clock{red.time});
    v.column({"REQUESTS", table, 3, 8, 8, 12, 1, 12, true}, std::optional(all.requests));
    v.column({"RATE", table, 2, 7, 7, 9, 1, 8, true}, Rate{all.rate});
    v.column({"ERRORS", table, 1, 6, 6, 10, 1, 8, true}, std::optional(all.errors));
    v.column({"NO-REPLY", table, 6, 8, 8, 10, 1, 20, true}, std::optional(all.unanswered));
    v.column({"MEAN", wide, 9, 7, 7, 7, 1, 16, true}, all.latency.mean);
    v.column({"P50", table, 4, 7, 7, 7, 1, 12, true}, all.latency.p50);
    v.column({"P90", table, 8, 7, 7, 7, 1, 20, true}, all.latency.p90);
    v.column({"P99", table, 5, 7, 7, 7, 1, 12, true}, all.latency.p99);
    v.column({"MAX", table, 7, 7, 7, 7, 1, 20, true}, all.latency.max);
    v.column({"REQ-SIZE", wide, 11, 8, 8, 8, 1, 16, true}, Size{all.request_bytes});
    v.column({"SIZE", wide, 10, 5, 5, 5, 1, 16, true}, Size{all.response_bytes});
    v.column({"MEASURED", wide, 12, 8, 8, 12, 1, 16, true}, std::optional(all.latency.measured));
    const std::string name = name_of(red);
    v.column({title_of(red.by), table, 0, 1, 20, 20, 1, nothing, false}, std::string_view(name));
}

}  // namespace podsnoop
