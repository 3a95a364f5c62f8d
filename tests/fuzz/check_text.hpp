// What must be true of printed text, checked without the code that printed it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz.hpp"

namespace podsnoop::fuzz {

inline std::vector<std::string_view> lines_of(std::string_view text) {
    std::vector<std::string_view> lines;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size() - 1);
        lines.push_back(text.substr(0, end));
        text.remove_prefix(end + 1);
    }
    return lines;
}

/// Without sequences such as ESC [ 3 1 m (ECMA-48 SGR), the only ones that colours are made of.
inline std::string without_colors(std::string_view text) {
    std::string plain;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool color = text.substr(i).starts_with("\x1b[");
        const std::size_t end = color ? text.find_first_not_of("0123456789;", i + 2) : i;
        if (color && end != std::string_view::npos && text[end] == 'm') i = end;
        else plain += text[i];
    }
    return plain;
}

/// Valid UTF-8 (RFC 3629 4) that holds no control character but line feeds.
inline void check_safe(std::string_view text) {
    const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
    for (std::size_t i = 0; i < text.size();) {
        const unsigned first = byte(i);
        must(first >= 0x20 || first == '\n', "no C0 control is printed");
        must(first != 0x7f, "DEL is not printed");
        const unsigned length = first < 0x80 ? 1 : first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
        unsigned code = length == 1 ? first : first & (0xffU >> (length + 1));
        must(length == 1 || (first >= 0xc2 && first <= 0xf4), "a character starts with a byte that may start one");
        for (unsigned k = 1; k < length; ++k) {
            must((byte(i + k) & 0xc0) == 0x80, "a character is whole");
            code = code << 6 | (byte(i + k) & 0x3f);
        }
        must(length < 3 || code >= (length == 3 ? 0x800U : 0x10000U), "a character is not overlong");
        must(code <= 0x10ffff && (code < 0xd800 || code > 0xdfff), "a character is a Unicode scalar value");
        must(code < 0x80 || code > 0x9f, "no C1 control is printed");
        must(code < 0x202a || code > 0x202e, "nothing turns the direction of text");
        i += length;
    }
}

/// Reads one JSON value (RFC 8259) and gives what follows it.
inline std::string_view after_json_value(std::string_view text) {
    const auto expect = [&](char c) {
        must(text.starts_with(c), "the JSON is well-formed");
        text.remove_prefix(1);
    };
    const auto string = [&] {
        expect('"');
        while (!text.starts_with('"')) {
            must(!text.empty(), "a JSON string ends");
            if (text[0] == '\\') {
                must(text.size() > 1 && std::string_view("\"\\/bfnrtu").find(text[1]) != std::string_view::npos,
                     "an escape is one");
                if (text[1] == 'u')
                    must(text.size() > 5 &&
                             text.substr(2, 4).find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos,
                         "an escaped character has four digits");
                text.remove_prefix(1);
            }
            text.remove_prefix(1);
        }
        expect('"');
    };
    const auto members = [&](char open, char close, bool named) {
        expect(open);
        for (bool first = true; !text.starts_with(close); first = false) {
            if (!first) expect(',');
            if (named) string(), expect(':');
            text = after_json_value(text);
        }
        expect(close);
    };
    if (text.starts_with('{')) members('{', '}', true);
    else if (text.starts_with('[')) members('[', ']', false);
    else if (text.starts_with('"')) string();
    else {
        const std::size_t end = std::min(text.find_first_of(",]}\n"), text.size());
        const std::string_view word = text.substr(0, end);
        const bool number = !word.empty() && word.find_first_not_of("0123456789") == std::string_view::npos;
        must(number || word == "null" || word == "true" || word == "false", "a JSON value is a whole number or a known word");
        text.remove_prefix(end);
    }
    return text;
}

inline void check_json_line(std::string_view line) {
    must(after_json_value(line) == "\n", "a record is one JSON value and a line end");
}

/// How many fields a line of CSV has (RFC 4180). It is one line: quoted line feeds are not made here.
inline std::size_t csv_fields(std::string_view line) {
    must(std::ranges::count(line, '\n') == 1 && line.ends_with('\n'), "a record is one line of CSV");
    std::size_t fields = 1;
    bool quoted = false;
    for (const char c : line) {
        if (c == '"') quoted = !quoted;
        else if (c == ',' && !quoted) ++fields;
    }
    must(!quoted, "quotes are closed");
    return fields;
}

/// One line of line protocol, read as InfluxDB does: a backslash makes the next byte mean nothing in a tag only where
/// it is a comma, equals sign or blank, and in quotes where it is a quote or backslash.
inline void check_influx_line(std::string_view line) {
    must(std::ranges::count(line, '\n') == 1 && line.ends_with('\n'), "a point is one line");
    line.remove_suffix(1);
    // Up to one of `ends` that is not escaped. Gives what comes before it.
    const auto take = [&](std::string_view ends) {
        std::size_t end = 0;
        while (end < line.size() && ends.find(line[end]) == std::string_view::npos) {
            const bool escapes = line[end] == '\\' && end + 1 < line.size() &&
                                 std::string_view(",= ").find(line[end + 1]) != std::string_view::npos;
            end += escapes ? 2 : 1;
        }
        must(end < line.size(), "a part of a point ends");
        const std::string_view part = line.substr(0, end);
        line.remove_prefix(end);
        must(!part.empty(), "no name and no value is empty");
        must(!part.ends_with('\\'), "no part ends with a backslash");
        return part;
    };
    const auto skip = [&](char c) {
        must(line.starts_with(c), "a point's parts are in order");
        line.remove_prefix(1);
    };
    take(", ");
    while (line.starts_with(',')) skip(','), take("="), skip('='), take(", =");
    skip(' ');
    for (bool first = true; first || line.starts_with(','); first = false) {
        if (!first) skip(',');
        take("="), skip('=');
        if (!line.starts_with('"')) {
            const std::string_view value = take(", ");
            must(value == "true" || value == "false" ||
                     (value.ends_with('i') && value.find_first_not_of("-0123456789i") == std::string_view::npos),
                 "a value without quotes is a number or a truth");
            continue;
        }
        skip('"');
        while (!line.starts_with('"')) {
            must(line.size() > 1, "a text ends");
            if (line.starts_with('\\')) must(line[1] == '"' || line[1] == '\\', "a backslash escapes something");
            line.remove_prefix(line.starts_with('\\') ? 2 : 1);
        }
        skip('"');
    }
    skip(' ');
    must(!line.empty() && line.find_first_not_of("-0123456789") == std::string_view::npos, "a time is a number");
}

}  // namespace podsnoop::fuzz
