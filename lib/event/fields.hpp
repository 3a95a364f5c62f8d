// The words in which a record is described once. A record's own header (fields_http.hpp, fields_ledger.hpp)
// has a visit_fields() that tells a visitor every field in order; whatever writes or documents records is
// such a visitor:
//
//     visitor.field(key, about, value)              one value; its C++ type is the field's type
//     visitor.object(key, about, present, members)  fields under one key; members() visits them
//     visitor.list(key, about, items, members)      objects in a list; members(item) visits one's fields
//
// A visitor may also have
//
//     visitor.repeated(of, identity, members)       members of an object that are told again and again, the same under the same
//                                                   identity unless that is 0; members(visitor) visits them
//
// `members` may be called where `present` is false, or with an item that is in no list: it then visits values
// that mean nothing, which is how CSV and the manual get at the names.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/letters.hpp"
#include "base/time.hpp"
#include "event/exchange.hpp"
#include "event/request_summary.hpp"

namespace podsnoop {

/// A key as a type, so that a writer can have it quoted at compile time: "time"_key.
template <std::size_t N>
struct KeyText {
    char text[N]{};
    // NOLINTNEXTLINE(google-explicit-constructor): a string literal becomes one.
    consteval KeyText(const char (&from)[N]) { std::copy_n(from, N, text); }
};

template <KeyText Text>
struct Key {
    static constexpr std::string_view name{Text.text, sizeof(Text.text) - 1};
};

template <KeyText Text>
consteval Key<Text> operator""_key() {
    return {};
}

/// What has an identity: what is told of it is the same whenever that is.
enum class Identified : std::uint8_t { connection, pod, head };

/// Visits members, for what they are of by its identity where the visitor wants to know.
template <class Visitor, class Members>
void visit_repeated(Visitor& visitor, Identified of, std::uint64_t identity, Members members) {
    if constexpr (requires { visitor.repeated(of, identity, members); }) visitor.repeated(of, identity, members);
    else members(visitor);
}

/// What the manual and a schema say of a field.
struct Field {
    std::string_view doc;        ///< one line
    std::string_view unit = {};  ///< "bytes", "microseconds"; empty where the value has none
    std::string_view null = {};  ///< when it is null; empty: never
    std::string_view only_with = {};  ///< the option without which the field is left out; empty: it is always there
    bool series = false;         ///< a store of metrics tells series apart by it: it has few values, whatever strangers send
};

// The types of values. Besides these: bool, std::uint64_t, std::int64_t, double (finite), Time, Address (null where unknown),
// std::string_view (bytes from the network, or names from the cluster: anything may be in them), std::optional
// of any, std::span of const Address, std::string or unsigned integers for a list of them, and std::span of const
// SketchBin for an object of counts by index.

/// A word of ours, safe as it is. Empty is null. One that has no others is a constant. There are few of them, so that series are
/// told apart by each.
struct Word {
    std::string_view text;
    std::string_view (*name)(std::uint8_t number) = nullptr;  ///< the words it can be; empty for a number that is none
};
/// The name of an enumerator, as name_of() has it.
template <class Enum>
Word word(Enum value) {
    return {name_of(value), [](std::uint8_t number) { return name_of(static_cast<Enum>(number)); }};
}
template <class Enum>
Word word(std::optional<Enum> value) {
    Word one = word(value.value_or(Enum{}));
    if (!value) one.text = {};
    return one;
}

/// A method, as it was sent: any bytes. Series are told apart by the common ones.
struct MethodName {
    std::string_view text;
};

/// A duration told in whole microseconds, cut, not rounded.
struct Micros {
    std::optional<Nanoseconds> value;
};

/// A list of words: the names of the bits that are set.
struct FlagList {
    std::uint8_t bits = 0;
    std::string_view (*name)(std::uint8_t bit) = nullptr;

    template <class Each>
    void each(Each each) const {
        for (unsigned left = bits; left != 0; left &= left - 1) each(name(static_cast<std::uint8_t>(left & -left)));
    }
};
/// Of the bits of an enumeration that has a name_of().
template <class Flag>
FlagList flag_list(std::uint8_t bits) {
    return {bits, [](std::uint8_t bit) { return name_of(static_cast<Flag>(bit)); }};
}

/// An object of texts: header values by name in lower case, those of one name joined by ", " (RFC 9110 5.3).
struct HeaderMap {
    const std::vector<Header>& headers;
};

/// Calls each(name, value) for every name in a HeaderMap, in the order of their first appearance. The name is
/// in lower case and stands in `scratch` together with the value.
template <class Each>
void for_each_header(const HeaderMap& map, std::string& scratch, Each each) {
    for (auto header = map.headers.begin(); header != map.headers.end(); ++header) {
        const auto is_it = [&](const Header& other) { return same_letters(header->name, other.name); };
        if (std::any_of(map.headers.begin(), header, is_it)) continue;
        scratch.resize(header->name.size());
        std::ranges::transform(header->name, scratch.begin(), to_lower);
        std::string_view separator;
        for (auto other = header; other != map.headers.end(); ++other) {
            if (!is_it(*other)) continue;
            scratch += separator;
            scratch += other->value;
            separator = ", ";
        }
        const std::string_view both = scratch;
        each(both.substr(0, header->name.size()), both.substr(header->name.size()));
    }
}

inline double seconds_in(Nanoseconds time) { return std::chrono::duration<double>(time).count(); }

/// Null where nothing is known: nothing in our records is known to be empty.
inline std::optional<std::string_view> known(std::string_view text) {
    if (text.empty()) return std::nullopt;
    return text;
}
inline std::optional<std::uint64_t> known(std::uint64_t number) {
    if (number == 0) return std::nullopt;
    return number;
}

inline std::optional<std::uint64_t> known(std::optional<std::uint32_t> number) { return number; }

}  // namespace podsnoop
