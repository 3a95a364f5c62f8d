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
#include "print/escape.hpp"
#include "print/gather.hpp"
#include "print/number.hpp"
#include "print/text_cache.hpp"

namespace podsnoop {

/// Visits one record's fields (fields.hpp) and appends one line; end_line() ends it.
class JsonWriter {
  public:
    JsonWriter(std::string& out, TextCache& cache) : out_(out), cache_(cache) { out_.put('{'); }

    template <KeyText Text, class Value>
    [[gnu::always_inline]] void field(Key<Text>, const Field&, const Value& of) {
        put(quoted<Text>, of);
    }

    template <KeyText Text, class Members>
    void object(Key<Text>, const Field&, bool present, Members members) {
        if (!present) return put(quoted<Text>, Word{});
        out_.put(opened<Text, '{'>);
        members();
        close('}');
    }

    template <KeyText Text, class Items, class Members>
    void list(Key<Text>, const Field&, const Items& items, Members members) {
        out_.put(opened<Text, '['>);
        for (const auto& item : items) {
            out_.put('{');
            members(item);
            close('}');
        }
        close(']');
    }

    template <class Members>
    void repeated(Identified of, std::uint64_t identity, Members members) {
        if (identity == 0) return members(*this);
        out_.put(cache_.repeated(of, identity, [&](std::string& text) {
            JsonWriter inner(text, cache_, Inside{});
            members(inner);
        }));
    }

    void end_line() {
        close('}');
        out_.last() = '\n';
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

    /// `"key":{`, likewise.
    template <KeyText Text, char Bracket>
    static constexpr auto opened = [] {
        std::array<char, quoted<Text>.size() + 1> piece{};
        std::ranges::copy(quoted<Text>, piece.begin());
        piece.back() = Bracket;
        return piece;
    }();

    /// Behind each value is a comma, this one's too. The last one inside makes way for the bracket.
    void close(char bracket) {
        if (out_.last() == ',') out_.last() = bracket;
        else out_.put(bracket);
        out_.put(',');
    }

    /// A value with its comma, behind its quoted key or, in a list, behind no_key.
    template <std::size_t N, class Value>
    [[gnu::always_inline]] void put(const std::array<char, N>& key, const Value& of) {
        if constexpr (requires(char* to) { write(to, of); }) {
            out_.put_written(N + longest_written + 1, [&](char* to) {
                to = write(copy_piece(to, key), of);
                *to = ',';
                return to + 1;
            });
        } else if constexpr (requires { text_of(of); }) {
            if (const std::optional<std::string_view> text = text_of(of)) {
                out_.put_quoted(key, *text);
            } else {
                out_.put(key);
                out_.put(null);
                out_.put(',');
            }
        } else {
            out_.put(key);
            value(of);
        }
    }
    static constexpr std::array<char, 0> no_key{};
    static constexpr std::array null{'n', 'u', 'l', 'l'};

    // Values that are short: each writes at most so many characters, and gives where they end.
    static constexpr std::size_t longest_written = longest_number;
    static char* write(char* to, std::uint64_t number) { return write_number(to, number); }
    static char* write(char* to, std::int64_t number) { return write_number(to, number); }
    static char* write(char* to, std::same_as<bool> auto yes) {  // and not what would become one, as a text's address does
        return yes ? copy_piece(to, std::array{'t', 'r', 'u', 'e'}) : copy_piece(to, std::array{'f', 'a', 'l', 's', 'e'});
    }
    static char* write(char* to, Micros micros) {
        if (micros.value) return write(to, std::int64_t{*micros.value / std::chrono::microseconds(1)});
        return copy_piece(to, null);
    }
    static char* write(char* to, const std::same_as<std::optional<std::uint64_t>> auto& maybe) {  // nor what becomes one
        return maybe ? write(to, *maybe) : copy_piece(to, null);
    }

    // Texts, fit to stand between quotes until the next is asked for; nothing is null.
    std::optional<std::string_view> text_of(std::string_view text) {
        if (is_plain(text)) return text;
        cache_.escaped.clear();
        append_json_text(cache_.escaped, text);
        return cache_.escaped;
    }
    std::optional<std::string_view> text_of(const std::string& text) { return text_of(std::string_view(text)); }
    std::optional<std::string_view> text_of(const std::optional<std::string_view>& maybe) {
        return maybe ? text_of(*maybe) : std::nullopt;
    }
    static std::optional<std::string_view> text_of(Word word) {
        return word.text.empty() ? std::nullopt : std::optional(word.text);
    }
    std::optional<std::string_view> text_of(MethodName method) { return text_of(method.text); }
    std::optional<std::string_view> text_of(Time time) { return cache_.rfc3339(time); }
    std::optional<std::string_view> text_of(const Address& address);

    // The others, with their comma.
    void value(double number);
    void value(FlagList flags) {
        if (flags.bits == 0) out_.put(std::array{'[', ']', ','});
        else names(flags);
    }
    void names(FlagList flags);
    void value(const HeaderMap& map);
    void value(std::span<const SketchBin> bins);
    template <class T>
    void value(std::span<const T> values) {
        out_.put('[');
        for (const T& each : values) {
            if constexpr (std::unsigned_integral<T>) put(no_key, std::uint64_t{each});
            else put(no_key, each);
        }
        close(']');
    }
    template <class T>
    void value(const std::optional<T>& maybe) {
        if (maybe) put(no_key, *maybe);
        else put(no_key, Word{});
    }

    Gather out_;
    TextCache& cache_;
};

}  // namespace podsnoop
