#include "http/start_line.hpp"

#include <algorithm>
#include <cstddef>

#include "base/letters.hpp"

namespace podsnoop {

namespace {

constexpr std::string_view version_prefix = "HTTP/1.";
constexpr std::size_t longest_method = 32;  // BASELINE-CONTROL, the longest registered one, has 16

StartLine read_status_line(std::string_view text, LineFeeds& line_feeds, StartLineParts& parts) {
    // "HTTP/1.1 200": the reason phrase and even the blank before it may be missing.
    constexpr std::string_view form = "HTTP/1.d ddd";
    const auto fits = [&](std::size_t i) { return form[i] == 'd' ? is_digit(text[i]) : text[i] == form[i]; };
    if (text.size() < form.size()) {
        for (std::size_t i = 0; i < text.size(); ++i)
            if (!fits(i)) return StartLine::neither;
        return StartLine::incomplete;
    }
    if (!text.starts_with(version_prefix)) return StartLine::neither;
#pragma GCC unroll 8
    for (std::size_t i = version_prefix.size(); i < form.size(); ++i)
        if (!fits(i)) return StartLine::neither;
    if (text.size() > form.size() && is_digit(text[form.size()])) return StartLine::neither;
    parts.version_minor = static_cast<std::uint8_t>(text[7] - '0');
    parts.status = static_cast<std::uint16_t>((text[9] - '0') * 100 + (text[10] - '0') * 10 + (text[11] - '0'));
    parts.end = line_feeds.next();
    return StartLine::response;
}

StartLine read_request_line(std::string_view text, LineFeeds& line_feeds, StartLineParts& parts) {
    const std::size_t limit = std::min(text.size(), longest_method + 1);
    std::size_t blank = 0;
    while (blank < limit && is_token_char(text[blank])) ++blank;
    if (blank > longest_method) return StartLine::neither;
    if (blank == text.size()) return StartLine::incomplete;
    if (blank == 0 || text[blank] != ' ') return StartLine::neither;
    const std::size_t line_feed = line_feeds.next();  // not before: most of what is no message ends here
    std::string_view line = text.substr(blank, line_feed == std::string_view::npos ? line_feed : line_feed - blank);
    if (line_feed == std::string_view::npos)
        return line.find('\0') == std::string_view::npos ? StartLine::incomplete : StartLine::neither;
    if (line.ends_with('\r')) line.remove_suffix(1);
    constexpr std::size_t version_size = version_prefix.size() + 2;  // with the blank before it and the digit behind
    if (line.size() <= version_size || !is_digit(line.back())) return StartLine::neither;
    if (line.substr(line.size() - version_size, version_size - 1) != " HTTP/1.") return StartLine::neither;
    parts.end = line_feed;
    parts.method = text.substr(0, blank);
    parts.target = line.substr(1, line.size() - version_size - 1);
    parts.version_minor = static_cast<std::uint8_t>(line.back() - '0');
    return StartLine::request;
}

}  // namespace

StartLine read_start_line(std::string_view text, LineFeeds& line_feeds, StartLineParts& parts) {
    if (text.empty()) return StartLine::incomplete;
    // "HTTP" is a token too, but no client has it for a method.
    constexpr std::string_view mark = version_prefix.substr(0, 5);
    const bool status_line = text.size() < mark.size() ? mark.starts_with(text) : text.starts_with(mark);
    return status_line ? read_status_line(text, line_feeds, parts) : read_request_line(text, line_feeds, parts);
}

StartLine classify_start(Bytes bytes) {
    StartLineParts parts;
    const std::string_view text = as_text(bytes);
    LineFeeds line_feeds(text);
    return read_start_line(text, line_feeds, parts);
}

bool is_registered_method(std::string_view method) {
    // IANA's HTTP Method Registry, of 2024.
    // clang-format off
    static constexpr std::string_view methods[] = {
        "GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH", "ACL", "BASELINE-CONTROL", "BIND",
        "CHECKIN", "CHECKOUT", "COPY", "LABEL", "LINK", "LOCK", "MERGE", "MKACTIVITY", "MKCALENDAR", "MKCOL",
        "MKREDIRECTREF", "MKWORKSPACE", "MOVE", "ORDERPATCH", "PRI", "PROPFIND", "PROPPATCH", "REBIND", "REPORT", "SEARCH",
        "UNBIND", "UNCHECKOUT", "UNLINK", "UNLOCK", "UPDATE", "UPDATEREDIRECTREF", "VERSION-CONTROL"};
    // clang-format on
    return std::ranges::find(methods, method) != std::end(methods);
}

OtherProtocol identify_other(Bytes bytes) {
    const std::string_view text = as_text(bytes);
    // A TLS record: its type, 20 to 23, and version 3.x (RFC 8446 5.1). A handshake is the client's first.
    if (text.size() >= 2 && text[0] >= 0x14 && text[0] <= 0x17 && text[1] == 0x03) return OtherProtocol::tls;
    if (text.starts_with("PRI * HTTP/2")) return OtherProtocol::http2;  // RFC 9113 3.4
    return OtherProtocol::unknown;
}

}  // namespace podsnoop
