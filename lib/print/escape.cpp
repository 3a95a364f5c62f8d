#include "print/escape.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <iterator>

#include "print/utf8.hpp"

namespace podsnoop {

namespace {

constexpr std::uint64_t each_byte = 0x0101010101010101;

/// Nothing to escape in JSON.
constexpr bool is_plain_byte(char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte >= 0x20) & (byte < 0x7f) & (byte != '"') & (byte != '\\');
}

/// Appends the runs of plain bytes as they are, and calls `escape` for each other character.
template <class Escape>
void append_escaped(std::string& out, std::string_view text, Escape escape) {
    if (is_plain(text)) {  // as most are, and this is quicker
        out += text;
        return;
    }
    while (!text.empty()) {
        const auto run = static_cast<std::size_t>(std::ranges::find_if_not(text, is_plain_byte) - text.begin());
        out += text.substr(0, run);
        text.remove_prefix(run);
        if (text.empty()) return;
        const Character c = first_character(text);
        escape(c, text.substr(0, c.length));
        text.remove_prefix(c.length);
    }
}

void append_json_character(std::string& out, const Character& c, std::string_view bytes) {
    constexpr std::string_view replacement = "\xef\xbf\xbd";  // U+FFFD
    if (!c.valid) out += replacement;
    else if (c.code == '\\') out += "\\\\";
    else if (c.code == '\n') out += "\\n";
    else if (c.code == '\r') out += "\\r";
    else if (c.code == '\t') out += "\\t";
    else if (is_control(c.code)) fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned>(c.code));
    else out += bytes;
}

constexpr auto plain_bytes = [] {
    std::array<bool, 256> plain{};
    for (std::size_t byte = 0; byte < plain.size(); ++byte) plain[byte] = is_plain_byte(static_cast<char>(byte));
    return plain;
}();

}  // namespace

bool is_plain(std::string_view text) {
    constexpr std::size_t width = sizeof(std::uint64_t);
    if (text.size() < width) {
        bool plain = true;
        for (const char c : text) plain &= plain_bytes[static_cast<unsigned char>(c)];
        return plain;
    }
    // Eight bytes at once, the last eight perhaps a second time. A bit of `special` is the highest of a byte that is special, or
    // of one behind it.
    std::uint64_t special = 0;
    const auto look_at = [&](std::size_t at) {
        const auto is_zero = [](std::uint64_t of) { return (of - each_byte) & ~of; };
        std::uint64_t bytes = 0;
        std::memcpy(&bytes, text.data() + at, width);
        special |= bytes | (bytes - 0x20 * each_byte) | is_zero(bytes ^ 0x7f * each_byte) | is_zero(bytes ^ '"' * each_byte) |
                   is_zero(bytes ^ '\\' * each_byte);
    };
    for (std::size_t at = 0; at + width < text.size(); at += width) look_at(at);
    look_at(text.size() - width);
    return (special & 0x80 * each_byte) == 0;
}

void append_json_text(std::string& out, std::string_view text) {
    append_escaped(out, text, [&](const Character& c, std::string_view bytes) {
        if (c.code == '"') out += "\\\"";
        else append_json_character(out, c, bytes);
    });
}

void append_csv_text(std::string& out, std::string_view text) {
    const auto has = [&](char c) { return text.find(c) != std::string_view::npos; };  // find_first_of() is slow
    const bool quoted = has(',') || has('"') || text.starts_with(' ') || text.ends_with(' ');
    if (quoted) out += '"';
    append_escaped(out, text, [&](const Character& c, std::string_view bytes) {
        if (c.code == '"') out += "\"\"";
        else append_json_character(out, c, bytes);
    });
    if (quoted) out += '"';
}

void append_influx_text(std::string& out, std::string_view text) {
    std::string character;  // short: it never leaves its own room
    append_escaped(out, text, [&](const Character& c, std::string_view bytes) {
        if (c.code == '"') {
            out += "\\\"";
            return;
        }
        character.clear();
        append_json_character(character, c, bytes);
        for (const char each : character) {
            if (each == '\\') out += '\\';
            out += each;
        }
    });
}

void append_influx_tag(std::string& out, std::string_view text) {
    std::string safe;
    append_escaped(safe, text, [&](const Character& c, std::string_view bytes) {
        if (c.code == '"') safe += '"';
        else if (c.code == '\\')
            safe += "\\u005c";  // a backslash at the end would take the delimiter with it, and none can escape it
        else append_json_character(safe, c, bytes);
    });
    for (const char each : safe) {
        if (each == ',' || each == '=' || each == ' ') out += '\\';
        out += each;
    }
}

void append_terminal_text(std::string& out, std::string_view text) {
    append_escaped(out, text, [&](const Character& c, std::string_view bytes) {
        if (!c.valid || (c.code < 0x80 && is_control(c.code)))
            fmt::format_to(std::back_inserter(out), "\\x{:02x}", static_cast<unsigned>(c.code));
        else if (is_control(c.code)) fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned>(c.code));
        else out += bytes;
    });
}

unsigned append_cut(std::string& out, std::string_view text, unsigned width) {
    constexpr std::string_view ellipsis = "…";  // one column
    if (text.size() <= width && is_ascii(text)) {
        out += text;
        return static_cast<unsigned>(text.size());
    }
    unsigned used = 0;
    std::size_t fits = 0;  // bytes that leave a column for the ellipsis
    unsigned fits_width = 0;  // their columns
    for (std::size_t at = 0; at < text.size();) {
        const Character c = first_character(text.substr(at));
        used += c.valid ? width_of(c.code) : 1;
        at += c.length;
        if (used > width) {
            if (width == 0) return 0;
            out += text.substr(0, fits);
            out += ellipsis;
            return fits_width + 1;
        }
        if (used < width) {
            fits = at;
            fits_width = used;
        }
    }
    out += text;
    return used;
}

}  // namespace podsnoop
