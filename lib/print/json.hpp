// Records as JSON (RFC 8259): always valid UTF-8, always one line, safe to show on a terminal.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/address.hpp"
#include "base/time.hpp"
#include "event/exchange.hpp"
#include "event/fields.hpp"
#include "event/fields_http.hpp"
#include "print/gather.hpp"
#include "print/text_cache.hpp"

namespace podsnoop {

/// Visits one record's fields (fields.hpp) and appends one line.
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

    void end_line() { out_.put(std::array{'}', '\n'}); }

  private:
    /// `"key":`, made when compiling.
    template <KeyText Text>
    static constexpr auto quoted = [] {
        constexpr std::string_view name = Key<Text>::name;
        std::array<char, name.size() + 3> piece{};
        piece.front() = '"';
        std::ranges::copy(name, piece.begin() + 1);
        piece[name.size() + 1] = '"';
        piece.back() = ':';
        return piece;
    }();

    template <KeyText Text>
    [[gnu::always_inline]] void put_key(Key<Text>) {
        if (!first_) out_.put(',');
        first_ = false;
        out_.put(quoted<Text>);
    }
    void put_null() { out_.put(std::array{'n', 'u', 'l', 'l'}); }
    void put_quoted(std::string_view safe);

    void value(std::uint64_t number) { out_.put(number); }
    void value(Word word);
    void value(std::string_view text);
    void value(Time time);
    void value(const Address& address);
    void value(Micros micros);
    void value(FlagList flags);
    void value(const HeaderMap& headers);
    template <class T>
    void value(const std::optional<T>& maybe) {
        if (maybe)
            value(*maybe);
        else
            put_null();
    }

    Gather out_;
    TextCache& cache_;
    bool first_ = true;
};

/// Exchanges as JSON lines.
class JsonPrinter {
  public:
    explicit JsonPrinter(ExchangeExtras extras) : extras_(extras) {}
    void header(std::string&) const {}
    void print(std::string& out, const Exchange& exchange);

  private:
    ExchangeExtras extras_;
    TextCache cache_;
};

}  // namespace podsnoop
