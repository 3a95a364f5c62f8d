// What the formats share that know no nesting, CSV and line protocol: a value is one text, null is none. The
// items of a list are separated by blanks; of a list of objects each member is such a list, with "-" for a null, so
// that the third name stands beside the third id.
#pragma once

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <ranges>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/address.hpp"
#include "base/time.hpp"
#include "event/fields.hpp"
#include "print/number.hpp"
#include "print/text_cache.hpp"

namespace podsnoop {

/// Values as bare text, with nothing escaped. Null appends nothing.
class FlatText {
  public:
    explicit FlatText(TextCache& cache) : cache_(cache) {}

    void append(std::string& to, std::uint64_t number) { append_whole(to, number); }
    void append(std::string& to, std::int64_t number) { append_whole(to, number); }
    void append(std::string& to, std::same_as<bool> auto yes) { to += yes ? "true" : "false"; }
    void append(std::string& to, double number) { append_number(to, number); }
    void append(std::string& to, SketchBin bin);
    void append(std::string& to, Word word) { to += word.text; }
    void append(std::string& to, std::string_view text) { to += text; }
    void append(std::string& to, MethodName method) { to += method.text; }
    void append(std::string& to, Time time) { to += cache_.rfc3339(time); }
    void append(std::string& to, const Address& address) {
        if (address.family != 0) append_address(to, address);
    }
    void append(std::string& to, Micros micros) {
        if (micros.value) append(to, std::chrono::duration_cast<std::chrono::microseconds>(*micros.value).count());
    }
    void append(std::string& to, FlagList flags);
    void append(std::string& to, const HeaderMap& map);
    template <class T>
    void append(std::string& to, std::span<const T> values) {
        std::string_view separator;
        for (const T& each : values) {
            to += separator;
            separator = " ";
            if constexpr (std::unsigned_integral<T>) append(to, std::uint64_t{each});
            else append(to, each);
        }
    }
    template <class T>
    void append(std::string& to, const std::optional<T>& maybe) {
        if (maybe) append(to, *maybe);
    }

  private:
    TextCache& cache_;
};

/// Visits fields and hands them on one by one: the Writer derived from it has put(key, about, present, value), and
/// enter(name) and leave() for what lies around a nested one.
template <class Writer>
class FlatVisitor {
  public:
    explicit FlatVisitor(TextCache& cache) : text_(cache) {}

    template <KeyText Text, class Value>
    void field(Key<Text> key, const Field& about, const Value& of) {
        if (joined_ != nullptr) join(key.name, of);
        else writer().put(key.name, about, present_, of);
    }
    template <KeyText Text, class Members>
    void object(Key<Text> key, const Field&, bool present, Members members) {
        const bool outer = present_;
        present_ = outer && present;
        writer().enter(key.name);
        members();
        writer().leave(key.name);
        present_ = outer;
    }
    /// A list within a list would be one of lists: no record has that.
    template <KeyText Text, class Items, class Members>
    void list(Key<Text> key, const Field& about, const Items& items, Members members) {
        std::vector<Joined> joined;
        joined_ = &joined;
        for (const auto& item : items) {
            next_ = 0;
            members(item);
        }
        if (joined.empty()) {  // for the number of members
            next_ = 0;
            members(std::ranges::range_value_t<Items>{});
            for (Joined& member : joined) member.values.clear();
        }
        joined_ = nullptr;
        writer().enter(key.name);
        for (const Joined& member : joined)
            writer().put(member.name, about, present_,
                         items.empty() ? std::nullopt : std::optional<std::string_view>(member.values));
        writer().leave(key.name);
    }

  protected:
    FlatText text_;

  private:
    /// A member of a list's items.
    struct Joined {
        std::string_view name;
        std::string values;
    };

    Writer& writer() { return static_cast<Writer&>(*this); }
    /// The value of the next member of a list's item.
    template <class Value>
    void join(std::string_view name, const Value& of) {
        if (next_ == joined_->size()) joined_->push_back({name, {}});
        std::string& values = (*joined_)[next_++].values;
        if (!values.empty()) values += ' ';
        const std::size_t before = values.size();
        text_.append(values, of);
        if (values.size() == before) values += '-';
    }

    bool present_ = true;
    std::vector<Joined>* joined_ = nullptr;  // while in a list
    std::size_t next_ = 0;                   // which member comes next
};

}  // namespace podsnoop
