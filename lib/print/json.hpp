// Records as JSON (RFC 8259): always valid UTF-8, always one line, safe to show on a terminal.
#pragma once

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/address.hpp"
#include "base/time.hpp"
#include "event/fields.hpp"
#include "print/gather.hpp"
#include "print/text_cache.hpp"

namespace podsnoop {

/// Visits one record's fields (fields.hpp) and appends one line; end_line() ends it.
class JsonWriter {
  public:
    JsonWriter(std::string& out, TextCache& cache) : out_(out), cache_(cache) { out_.put('{'); }

    template <KeyText Text, class Value>
    [[gnu::always_inline]] void field(Key<Text> key, const Field&, const Value& of) {
        put_key(key);
        value(of);
    }

    template <KeyText Text, class Members>
    void object(Key<Text> key, const Field&, bool present, Members members) {
        put_key(key);
        if (!present) {
            put_null();
            return;
        }
        out_.put('{');
        first_ = true;
        members();
        out_.put('}');
        first_ = false;
    }

    template <KeyText Text, class Items, class Members>
    void list(Key<Text> key, const Field&, const Items& items, Members members) {
        put_key(key);
        out_.put('[');
        bool first = true;
        for (const auto& item : items) {
            if (!first) out_.put(',');
            first = false;
            out_.put('{');
            first_ = true;
            members(item);
            out_.put('}');
        }
        out_.put(']');
        first_ = false;
    }

    void end_line() { out_.put(std::array{'}', '\n'}); }

  private:
    /// `,"key":`, made when compiling; without the comma for the first of an object.
    template <KeyText Text>
    static constexpr auto next_key = [] {
        constexpr std::string_view name = Key<Text>::name;
        std::array<char, name.size() + 4> piece{',', '"'};
        std::ranges::copy(name, piece.begin() + 2);
        piece[name.size() + 2] = '"';
        piece.back() = ':';
        return piece;
    }();
    template <KeyText Text>
    static constexpr auto first_key = [] {
        std::array<char, next_key<Text>.size() - 1> piece{};
        std::ranges::copy(next_key<Text>.begin() + 1, next_key<Text>.end(), piece.begin());
        return piece;
    }();

    template <KeyText Text>
    [[gnu::always_inline]] void put_key(Key<Text>) {
        if (first_) out_.put(first_key<Text>);
        else out_.put(next_key<Text>);
        first_ = false;
    }
    void put_null() { out_.put(std::array{'n', 'u', 'l', 'l'}); }
    void put_quoted(std::string_view safe) { out_.put_between('"', safe, '"'); }

    void value(std::uint64_t number) { out_.put(number); }
    void value(std::int64_t number);
    void value(std::same_as<bool> auto yes) {  // and not what would become one, as a text's address does
        out_.put(std::string_view(yes ? "true" : "false"));
    }
    void value(double number);
    void value(Word word);
    void value(std::string_view text);
    void value(MethodName method) { value(method.text); }
    void value(Time time);
    void value(const Address& address);
    void value(Micros micros);
    void value(FlagList flags);
    void value(const HeaderMap& map);
    void value(std::span<const SketchBin> bins);
    template <class T>
    void value(const std::optional<T>& maybe) {
        if (maybe) value(*maybe);
        else put_null();
    }
    template <class T>
    void value(std::span<const T> values) {
        out_.put('[');
        bool first = true;
        for (const T& each : values) {
            if (!first) out_.put(',');
            first = false;
            if constexpr (std::unsigned_integral<T>) value(std::uint64_t{each});
            else value(each);
        }
        out_.put(']');
    }

    Gather out_;
    TextCache& cache_;
    bool first_ = true;
};

}  // namespace podsnoop
