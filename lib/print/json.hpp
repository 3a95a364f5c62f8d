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
    [[gnu::always_inline]] void field(Key<Text>, const Field&, const Value& of) {
        out_.put(quoted<Text>);
        value(of);
        out_.put(',');
    }

    template <KeyText Text, class Members>
    void object(Key<Text>, const Field&, bool present, Members members) {
        out_.put(quoted<Text>);
        if (present) {
            out_.put('{');
            members();
            close('}');
        } else {
            put_null();
        }
        out_.put(',');
    }

    template <KeyText Text, class Items, class Members>
    void list(Key<Text>, const Field&, const Items& items, Members members) {
        out_.put(quoted<Text>);
        out_.put('[');
        for (const auto& item : items) {
            out_.put('{');
            members(item);
            close('}');
            out_.put(',');
        }
        close(']');
        out_.put(',');
    }

    template <class Members>
    void repeated(std::uint64_t identity, Members members) {
        if (identity == 0) return members(*this);
        out_.put(cache_.repeated(identity, [&](std::string& text) {
            JsonWriter inner(text, cache_, Inside{});
            members(inner);
        }));
    }

    template <class Members>
    void repeated(const NetworkRecord& record, Members members) {
        if (!ConnectionTexts::keeps(record)) return members(*this);
        out_.put(cache_.connections.text_of(record, [&](std::string& text) {
            JsonWriter inner(text, cache_, Inside{});
            members(inner);
        }));
    }

    void end_line() {
        close('}');
        out_.put('\n');
    }

  private:
    /// Of the members of an object that another writes.
    struct Inside {};
    JsonWriter(std::string& out, TextCache& cache, Inside) : out_(out), cache_(cache) {}

    /// `"key":`, made when compiling.
    template <KeyText Text>
    static constexpr auto quoted = [] {
        constexpr std::string_view name = Key<Text>::name;
        std::array<char, name.size() + 3> piece{'"'};
        std::ranges::copy(name, piece.begin() + 1);
        piece[name.size() + 1] = '"';
        piece.back() = ':';
        return piece;
    }();

    /// Behind each value is a comma, and the last one makes way for this.
    void close(char bracket) {
        if (out_.last() == ',') out_.last() = bracket;
        else out_.put(bracket);
    }
    void put_null() { out_.put(std::array{'n', 'u', 'l', 'l'}); }
    void put_quoted(std::string_view safe) { out_.put_between('"', safe, '"'); }

    void value(std::uint64_t number) { out_.put(number); }
    void value(std::int64_t number);
    void value(std::same_as<bool> auto yes) {  // and not what would become one, as a text's address does
        out_.put(std::string_view(yes ? "true" : "false"));
    }
    void value(double number);
    void value(Word word) {
        if (word.text.empty()) put_null();
        else put_quoted(word.text);
    }
    void value(std::string_view text);
    void value(MethodName method) { value(method.text); }
    void value(Time time);
    void value(const Address& address);
    void value(Micros micros) {
        if (!micros.value) return put_null();
        const std::int64_t number = *micros.value / std::chrono::microseconds(1);
        if (number >= 0) value(static_cast<std::uint64_t>(number));
        else value(number);
    }
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
        for (const T& each : values) {
            if constexpr (std::unsigned_integral<T>) value(std::uint64_t{each});
            else value(each);
            out_.put(',');
        }
        close(']');
    }

    Gather out_;
    TextCache& cache_;
};

}  // namespace podsnoop
