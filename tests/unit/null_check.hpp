// Whether the description of a record's fields is whole.
#pragma once

#include <doctest/doctest.h>

#include <optional>
#include <set>
#include <string_view>

#include "base/address.hpp"
#include "event/fields.hpp"

namespace podsnoop {

/// Holds a description to what it says of null. Values it cannot tell are never null.
struct NullCheck {
    std::set<std::string_view> null;  // of the record visited, the keys whose value is null

    template <KeyText Text, class Value>
    void field(Key<Text> key, const Field& about, const Value& value) {
        CAPTURE(key.name);
        CHECK_FALSE(about.doc.empty());
        if (is_null(value)) {
            CHECK_FALSE(about.null.empty());
            null.insert(key.name);
        }
    }
    template <KeyText Text, class Members>
    void object(Key<Text> key, const Field& about, bool present, Members members) {
        CAPTURE(key.name);
        CHECK_FALSE(about.doc.empty());
        if (!present) CHECK_FALSE(about.null.empty());
        members();
    }

    static bool is_null(const Address& address) { return address.family == 0; }
    static bool is_null(Word word) { return word.text.empty(); }
    static bool is_null(Micros micros) { return !micros.value; }
    template <class T>
    static bool is_null(const std::optional<T>& maybe) {
        return !maybe;
    }
    template <class T>
    static bool is_null(const T&) {
        return false;
    }
};

}  // namespace podsnoop
