// The fields of the ledger of oom and backlog.
#pragma once

#include "event/fields.hpp"
#include "event/probe_ledger.hpp"

namespace podsnoop {

template <class Visitor>
void visit_fields(const ProbeLedger& ledger, Visitor& v) {
    v.field("type"_key, {.doc = "always ledger"}, Word{"ledger"});
    v.field("duration_us"_key, {.doc = "how long was traced", .unit = "microseconds"}, Micros{ledger.duration});
    v.object("records"_key, {.doc = "records"}, true, [&] {
        v.field("seen"_key, {.doc = "told by the kernel"}, ledger.told);
        v.field("printed"_key, {.doc = "those of them that were chosen"}, ledger.printed);
    });
    v.object("lost"_key, {.doc = "what the kernel could not deliver"}, true, [&] {
        v.field("ring-full"_key,
                {.doc = "events there was no room for: OOM kills without a record, or listeners whose cgroup is not told"},
                ledger.lost.ring_full);
        v.field("table-full"_key, {.doc = "overflows of listeners beyond those that can be counted"}, ledger.lost.table_full);
        v.field("log-gaps"_key, {.doc = "how often lines of the kernel's log were written over before they were read"},
                ledger.lost.log_gaps);
    });
}

}  // namespace podsnoop
