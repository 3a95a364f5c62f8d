// A red record as a row of the screen that refreshes in place: the columns of its table in another order of worth, and
// its latencies as a bar beside those of the other rows.
#pragma once

#include "event/columns.hpp"
#include "event/fields_red.hpp"
#include "event/red.hpp"

namespace podsnoop {

struct RedRow {
    const RedRecord& red;
    Nanoseconds longest{0};  ///< how long a latency fills the bar
};

template <class Visitor>
void visit_fields(const RedRow& row, Visitor& v) {
    visit_fields(row.red, v);
}

template <class Visitor>
void visit_columns(const RedRow& row, Visitor& v) {
    using enum Column::Shown;
    constexpr unsigned nothing = 0;
    const RequestSummary& all = row.red.summary;
    v.column({"REQUESTS", table, 3, 8, 8, 12, 1, 12, true}, std::optional(all.requests));
    v.column({"RATE", table, 2, 7, 7, 9, 1, 8, true}, Rate{all.rate});
    v.column({"ERRORS", table, 1, 6, 6, 10, 1, 8, true}, std::optional(all.errors));
    v.column({"NO-REPLY", table, 7, 8, 8, 10, 1, 20, true}, std::optional(all.unanswered));
    v.column({"P50", table, 4, 7, 7, 7, 1, 12, true}, all.latency.p50);
    v.column({"P90", table, 9, 7, 7, 7, 1, 20, true}, all.latency.p90);
    v.column({"P99", table, 5, 7, 7, 7, 1, 12, true}, all.latency.p99);
    v.column({"MAX", table, 8, 7, 7, 7, 1, 20, true}, all.latency.max);
    v.column({"LATENCY", table, 6, 10, 20, 20, 1, 16, false}, LatencyBar{all.latency, row.longest});
    const std::string name = name_of(row.red);
    v.column({title_of(row.red.by), table, 0, 1, 20, 20, 1, nothing, false}, std::string_view(name));
}

}  // namespace podsnoop
