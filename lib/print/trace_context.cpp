#include "print/trace_context.hpp"

#include <algorithm>
#include <charconv>
#include <cstddef>

#include "base/letters.hpp"

namespace podsnoop {

std::optional<TraceParent> parse_traceparent(std::string_view header) {
    constexpr std::size_t length = 55;  // 00-<32>-<16>-<2>
    if (header.size() < length || header[2] != '-' || header[35] != '-' || header[52] != '-') return std::nullopt;
    const auto is_hex = [](char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); };
    const auto part = [&](std::size_t from, std::size_t count) { return header.substr(from, count); };
    const std::string_view version = part(0, 2), trace = part(3, 32), span = part(36, 16), flags = part(53, 2);
    for (const std::string_view each : {version, trace, span, flags})
        if (!std::ranges::all_of(each, is_hex)) return std::nullopt;
    const bool more = header.size() > length;
    if (version == "ff" || (more && (version == "00" || header[length] != '-'))) return std::nullopt;
    const auto is_none = [](std::string_view id) { return id.find_first_not_of('0') == std::string_view::npos; };
    if (is_none(trace) || is_none(span)) return std::nullopt;
    TraceParent parent{.trace_id = trace, .span_id = span};
    std::from_chars(flags.data(), flags.data() + flags.size(), parent.flags, 16);
    return parent;
}

}  // namespace podsnoop
