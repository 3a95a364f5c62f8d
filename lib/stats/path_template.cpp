#include "stats/path_template.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

#include "base/letters.hpp"

namespace podsnoop {

namespace {

bool is_letter(char c) { return to_lower(c) >= 'a' && to_lower(c) <= 'z'; }
bool is_hex(char c) { return is_digit(c) || (to_lower(c) >= 'a' && to_lower(c) <= 'f'); }

bool is_number(std::string_view text) { return !text.empty() && std::ranges::all_of(text, is_digit); }

bool is_long_hex(std::string_view text) {
    return text.size() >= 8 && std::ranges::all_of(text, is_hex) && std::ranges::any_of(text, is_digit);
}

/// RFC 9562 4.
bool is_uuid(std::string_view text) {
    if (text.size() != 36) return false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash ? text[i] != '-' : !is_hex(text[i])) return false;
    }
    return true;
}

bool is_token(std::string_view text) {
    return text.size() >= 20 && std::ranges::all_of(text, [](char c) { return is_digit(c) || is_letter(c); }) &&
           std::ranges::count_if(text, is_digit) >= 2;
}

/// "2026-11-21" and what may follow it in RFC 3339.
bool is_date(std::string_view text) {
    constexpr std::string_view date = "dddd-dd-dd";
    if (text.size() < date.size()) return false;
    for (std::size_t i = 0; i < date.size(); ++i)
        if (date[i] == 'd' ? !is_digit(text[i]) : text[i] != date[i]) return false;
    const std::string_view time = text.substr(date.size());
    constexpr std::string_view marks = ":.+-Zz";
    return time.empty() || (to_lower(time.front()) == 't' && std::ranges::all_of(time.substr(1), [&](char c) {
                                return is_digit(c) || marks.find(c) != std::string_view::npos;
                            }));
}

bool is_id(std::string_view text) {
    return is_number(text) || is_long_hex(text) || is_uuid(text) || is_token(text) || is_date(text);
}

/// Where an extension begins, its dot included; at the end where there is none.
std::size_t extension_in(std::string_view segment) {
    constexpr std::size_t longest = 5;
    const std::size_t dot = segment.rfind('.');
    if (dot == std::string_view::npos || dot == 0) return segment.size();
    const std::string_view name = segment.substr(dot + 1);
    const bool fits = !name.empty() && name.size() <= longest && is_letter(name.front()) &&
                      std::ranges::all_of(name, [](char c) { return is_letter(c) || is_digit(c); });
    return fits ? dot : segment.size();
}

/// How much of a stem comes before its id; all of it where it has none. The longest id counts: a UUID and a date have
/// dashes of their own.
std::size_t before_id(std::string_view stem) {
    if (is_id(stem)) return 0;
    constexpr std::size_t most_dashes = 8;
    std::array<std::size_t, most_dashes> dashes{};  // the last ones
    std::size_t count = 0;
    for (std::size_t i = stem.size(); i-- > 0 && count < most_dashes;)
        if (stem[i] == '-' || stem[i] == '_') dashes[count++] = i;
    while (count-- > 0)
        if (dashes[count] != 0 && is_id(stem.substr(dashes[count] + 1))) return dashes[count] + 1;
    return stem.size();
}

void append_segment(std::string& out, std::string_view segment) {
    segment = segment.substr(0, segment.find(';'));
    const std::string_view stem = segment.substr(0, extension_in(segment));
    const std::size_t kept = before_id(stem);
    out += stem.substr(0, kept);
    if (kept < stem.size()) out += '*';
    out += segment.substr(stem.size());
}

}  // namespace

std::string path_template(std::string_view path) {
    std::string result;
    for (;;) {
        const std::size_t slash = std::min(path.find('/'), path.size());
        append_segment(result, path.substr(0, slash));
        if (slash == path.size()) return result;
        result += '/';
        path.remove_prefix(slash + 1);
    }
}

}  // namespace podsnoop
