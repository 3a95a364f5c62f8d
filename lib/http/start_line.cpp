#include "http/start_line.hpp"

#include <algorithm>
#include <cstddef>

#include "base/letters.hpp"

namespace podsnoop {

namespace {

constexpr std::string_view version_prefix = "HTTP/1.";
constexpr std::size_t longest_method = 32;  // BASELINE-CONTROL, the longest registered one, has 16

StartLine classify_status_line(std::string_view text) {
    // "HTTP/1.1 200": the reason phrase and even the blank before it may be missing.
    constexpr std::string_view form = "HTTP/1.d ddd";
    for (std::size_t i = 0; i < std::min(text.size(), form.size()); ++i)
        if (form[i] == 'd' ? !is_digit(text[i]) : text[i] != form[i]) return StartLine::neither;
    if (text.size() < form.size()) return StartLine::incomplete;
    if (text.size() > form.size() && is_digit(text[form.size()])) return StartLine::neither;
    return StartLine::response;
}

StartLine classify_request_line(std::string_view text) {
    const std::size_t blank = text.substr(0, longest_method + 1).find(' ');
    const std::string_view method = text.substr(0, std::min(blank, text.size()));
    if (method.size() > longest_method || !std::ranges::all_of(method, is_token_char)) return StartLine::neither;
    if (blank == std::string_view::npos) return StartLine::incomplete;
    if (blank == 0) return StartLine::neither;
    const std::size_t line_feed = text.find('\n', blank);
    std::string_view line = text.substr(blank, line_feed == std::string_view::npos ? line_feed : line_feed - blank);
    if (line_feed == std::string_view::npos)
        return line.find('\0') == std::string_view::npos ? StartLine::incomplete : StartLine::neither;
    if (line.ends_with('\r')) line.remove_suffix(1);
    const bool has_version = line.size() > version_prefix.size() + 2 && is_digit(line.back()) &&
                             line.substr(line.size() - version_prefix.size() - 2, version_prefix.size() + 1) == " HTTP/1.";
    return has_version ? StartLine::request : StartLine::neither;
}

}  // namespace

StartLine classify_start(Bytes bytes) {
    const std::string_view text = as_text(bytes);
    if (text.empty()) return StartLine::incomplete;
    // "HTTP" is a token too, but no client has it for a method.
    const bool status_line = text.starts_with(version_prefix.substr(0, std::min<std::size_t>(text.size(), 5)));
    return status_line ? classify_status_line(text) : classify_request_line(text);
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
