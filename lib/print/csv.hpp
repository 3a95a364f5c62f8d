// Records as CSV (RFC 4180, lines ended by "\n"): nested fields flattened, null an empty field. A list is one
// value, its items separated by blanks; of a list of objects each member is such a list, with "-" for a null,
// so that the third name stands beside the third id.
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

/// Visits the fields for their names: "client_address", "latency_us_total".
class CsvNames {
  public:
    explicit CsvNames(std::string& out) : out_(out) {}

    template <KeyText Text, class Value>
    void field(Key<Text> key, const Field&, const Value&) {
        if (!first_) out_ += ',';
        first_ = false;
        out_ += path_;
        out_ += key.name;
    }
    template <KeyText Text, class Members>
    void object(Key<Text> key, const Field&, bool, Members members) {
        const std::size_t outer = path_.size();
        path_ += key.name;
        path_ += '_';
        members();
        path_.resize(outer);
    }
    template <KeyText Text, class Items, class Members>
    void list(Key<Text> key, const Field& about, const Items&, Members members) {
        object(key, about, true, [&] { members(std::ranges::range_value_t<Items>{}); });
    }

  private:
    std::string& out_;
    std::string path_;
    bool first_ = true;
};

/// Visits the fields for their values.
class CsvWriter {
  public:
    CsvWriter(std::string& out, TextCache& cache) : out_(out), cache_(cache) {}

    template <KeyText Text, class Value>
    void field(Key<Text>, const Field&, const Value& of) {
        if (joined_ != nullptr) {
            join(of);
            return;
        }
        if (!first_) out_ += ',';
        first_ = false;
        if (present_) value(of);
    }
    template <KeyText Text, class Members>
    void object(Key<Text>, const Field&, bool present, Members members) {
        const bool outer = present_;
        present_ = outer && present;
        members();
        present_ = outer;
    }
    /// A list within a list would be one of lists: no record has that.
    template <KeyText Text, class Items, class Members>
    void list(Key<Text> key, const Field& about, const Items& items, Members members) {
        std::vector<std::string> joined;
        joined_ = &joined;
        for (const auto& item : items) {
            next_ = 0;
            members(item);
        }
        if (joined.empty()) {  // for the number of members
            next_ = 0;
            members(std::ranges::range_value_t<Items>{});
            joined.assign(joined.size(), {});
        }
        joined_ = nullptr;
        for (const std::string& values : joined) field(key, about, std::string_view(values));
    }

  private:
    void value(std::string_view text);
    void value(const HeaderMap& map) { value_quoted(map); }
    template <class T>
    void value(std::span<const T> values) {
        value_quoted(values);
    }
    template <class T>
    void value(const std::optional<T>& maybe) {
        if (maybe) value(*maybe);
    }
    template <class T>
    void value(const T& safe) {
        append_bare(out_, safe);
    }
    template <class T>
    void value_quoted(const T& of) {
        cache_.escaped.clear();
        append_bare(cache_.escaped, of);
        value(std::string_view(cache_.escaped));
    }

    /// The value of the next member of a list's item.
    template <class Value>
    void join(const Value& of) {
        if (next_ == joined_->size()) joined_->emplace_back();
        std::string& values = (*joined_)[next_++];
        if (!values.empty()) values += ' ';
        const std::size_t before = values.size();
        append_bare(values, of);
        if (values.size() == before) values += '-';
    }

    // Values as they are, without quotes; null is nothing.
    void append_bare(std::string& to, std::uint64_t number);
    void append_bare(std::string& to, std::int64_t number);
    void append_bare(std::string& to, std::same_as<bool> auto yes) { to += yes ? "true" : "false"; }
    void append_bare(std::string& to, double number) { append_number(to, number); }
    void append_bare(std::string& to, SketchBin bin);
    void append_bare(std::string& to, Word word) { to += word.text; }
    void append_bare(std::string& to, std::string_view text) { to += text; }
    void append_bare(std::string& to, Time time) { to += cache_.rfc3339(time); }
    void append_bare(std::string& to, const Address& address) {
        if (address.family != 0) append_address(to, address);
    }
    void append_bare(std::string& to, Micros micros) {
        if (micros.value)
            append_bare(to, std::chrono::duration_cast<std::chrono::microseconds>(*micros.value).count());
    }
    void append_bare(std::string& to, FlagList flags);
    void append_bare(std::string& to, const HeaderMap& map);
    template <class T>
    void append_bare(std::string& to, std::span<const T> values) {
        std::string_view separator;
        for (const T& each : values) {
            to += separator;
            separator = " ";
            if constexpr (std::unsigned_integral<T>)
                append_bare(to, std::uint64_t{each});
            else
                append_bare(to, each);
        }
    }
    template <class T>
    void append_bare(std::string& to, const std::optional<T>& maybe) {
        if (maybe) append_bare(to, *maybe);
    }

    std::string& out_;
    TextCache& cache_;
    bool first_ = true;
    bool present_ = true;
    std::vector<std::string>* joined_ = nullptr;  // while in a list: its members' values, joined
    std::size_t next_ = 0;                        // which member comes next
};

}  // namespace podsnoop
