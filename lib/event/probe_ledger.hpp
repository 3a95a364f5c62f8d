// What a probe saw and what it missed.
#pragma once

#include <cstdint>

#include "base/time.hpp"
#include "event/fields.hpp"

namespace podsnoop {

struct ProbeLedger {
    Nanoseconds duration{0};
    std::uint64_t told = 0;      ///< records made
    std::uint64_t printed = 0;   ///< those of them that were chosen
    std::uint64_t lost = 0;      ///< events the kernel had no room for
};

template <class Visitor>
void visit_fields(const ProbeLedger& ledger, Visitor& v) {
    v.field("type"_key, {.doc = "always ledger"}, Word{"ledger"});
    v.field("duration_us"_key, {.doc = "how long was traced", .unit = "microseconds"}, Micros{ledger.duration});
    v.object("records"_key, {.doc = "records"}, true, [&] {
        v.field("seen"_key, {.doc = "told by the kernel"}, ledger.told);
        v.field("printed"_key, {.doc = "those of them that were chosen"}, ledger.printed);
    });
    v.object("events"_key, {.doc = "events of the kernel"}, true,
             [&] { v.field("lost"_key, {.doc = "the kernel had no room for them"}, ledger.lost); });
}

}  // namespace podsnoop
