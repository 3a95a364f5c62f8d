#include "attribute/pod_names.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

#include "base/letters.hpp"

namespace podsnoop {

namespace {

constexpr bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); }
constexpr bool is_letter_or_digit(char c) { return (c >= 'a' && c <= 'z') || is_digit(c); }

}  // namespace

bool is_label(std::string_view text) {
    return !text.empty() && text.size() <= 63 && is_letter_or_digit(text.front()) && is_letter_or_digit(text.back()) &&
           std::ranges::all_of(text, [](char c) { return is_letter_or_digit(c) || c == '-'; });
}

bool is_pod_name(std::string_view text) {
    // Between dots: what a label is made of, but only the whole is bounded (apimachinery's DNS1123SubdomainFmt).
    if (text.size() > 253) return false;
    for (;;) {
        const std::size_t dot = std::min(text.find('.'), text.size());
        const std::string_view part = text.substr(0, dot);
        if (part.empty() || !is_letter_or_digit(part.front()) || !is_letter_or_digit(part.back()) ||
            !std::ranges::all_of(part, [](char c) { return is_letter_or_digit(c) || c == '-'; }))
            return false;
        if (dot == text.size()) return true;
        text.remove_prefix(dot + 1);
    }
}

std::optional<std::string> read_pod_uid(std::string_view text) {
    if (text.size() == 32 && std::ranges::all_of(text, is_hex)) return std::string(text);
    constexpr std::array<std::size_t, 4> separators{8, 13, 18, 23};  // RFC 9562 4: 8-4-4-4-12
    if (text.size() != 36) return std::nullopt;
    const char separator = text[separators[0]];
    if (separator != '-' && separator != '_') return std::nullopt;
    std::string uid(text);
    for (std::size_t i = 0; i < uid.size(); ++i) {
        const bool separates = std::ranges::find(separators, i) != separators.end();
        if (separates ? uid[i] != separator : !is_hex(uid[i])) return std::nullopt;
        if (separates) uid[i] = '-';
    }
    return uid;
}

bool is_container_id(std::string_view text) { return text.size() == 64 && std::ranges::all_of(text, is_hex); }

}  // namespace podsnoop
