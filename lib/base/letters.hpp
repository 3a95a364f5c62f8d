// What bytes are as ASCII, without a locale: header names, hosts and what users type are compared without case.
#pragma once

#include <algorithm>
#include <array>
#include <string_view>

namespace podsnoop {

constexpr char to_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

constexpr bool same_letters(std::string_view a, std::string_view b) {
    return a == b || std::ranges::equal(a, b, {}, to_lower, to_lower);
}

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Of a header line: optional white space (RFC 9110 5.6.3), and the line ends around it.
constexpr bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

constexpr std::string_view without_blanks_before(std::string_view text) {
    while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
    return text;
}
constexpr std::string_view without_blanks_behind(std::string_view text) {
    while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
    return text;
}

/// Which bytes may stand in a token (RFC 9110 5.6.2), which methods and field names are.
inline constexpr auto token_chars = [] {
    std::array<bool, 256> table{};
    for (char c : std::string_view("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"))
        table[static_cast<unsigned char>(c)] = true;
    return table;
}();

constexpr bool is_token_char(char c) { return token_chars[static_cast<unsigned char>(c)]; }

}  // namespace podsnoop
