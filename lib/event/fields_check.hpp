// The fields of a check's record, and the columns in which people read it.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "event/check.hpp"
#include "event/columns.hpp"
#include "event/fields.hpp"

namespace podsnoop {

template <class Visitor>
void visit_fields(const CheckRecord& check, Visitor& v) {
    v.field("type"_key, {.doc = "always check"}, Word{"check"});
    v.field("name"_key, {.doc = "what was looked at", .series = true}, std::string_view(check.name));
    v.field("state"_key, {.doc = "ok; degraded where something else does instead, or a part is missing; missing"},
            word(check.state));
    v.field("detail"_key, {.doc = "what there is, or why there is not"}, std::string_view(check.detail));
    v.field("hint"_key, {.doc = "what to do about it", .null = "there is nothing to do"}, known(check.hint));
    v.field("needed_for"_key, {.doc = "the commands that need it, or tell more with it"},
            std::span<const std::string>(check.needed_for));
}

/// The columns, from left to right. The first ones are as wide as our words are.
template <class Visitor>
void visit_columns(const CheckRecord& check, Visitor& v) {
    using enum Column::Shown;
    constexpr unsigned nothing = 0;
    std::string commands;
    for (const std::string& command : check.needed_for) commands += (commands.empty() ? "" : ",") + command;
    v.column({"NAME", table, 1, 19, 19, 19, 1, nothing, false}, std::string_view(check.name));
    v.column({"STATE", table, 2, 8, 8, 8, 1, nothing, false}, check.state);
    v.column({"NEEDED FOR", wide, 3, 33, 33, 33, 1, nothing, false}, std::string_view(commands));
    v.column({"DETAIL", table, 0, 1, 20, 20, 1, nothing, false}, std::string_view(check.detail));
}

}  // namespace podsnoop
