#include "http/head.hpp"

#include <algorithm>
#include <array>

#include "base/letters.hpp"
#include "base/number.hpp"
#include "http/start_line.hpp"

namespace podsnoop {

namespace {

constexpr std::array<std::string_view, 9> known_methods{"GET",     "HEAD",    "POST",  "PUT",  "DELETE",
                                                        "CONNECT", "OPTIONS", "TRACE", "PATCH"};

/// Calls visit(element) for each element of a comma-separated list (RFC 9110 5.6.1), empty ones left out.
template <class Visit>
void for_each_element(std::string_view list, Visit visit) {
    while (!list.empty()) {
        const std::size_t comma = list.find(',');
        const std::string_view element = without_blanks_behind(without_blanks_before(list.substr(0, comma)));
        list.remove_prefix(comma == std::string_view::npos ? list.size() : comma + 1);
        if (!element.empty()) visit(element);
    }
}

/// Content-Length: "42, 42" and repeated fields are one number if they are all the same (RFC 9112 6.3, 5).
void add_content_length(BodyHeaders& body, std::string_view value) {
    bool any = false;
    for_each_element(value, [&](std::string_view element) {
        any = true;
        const auto number = parse_number<std::uint64_t>(element);
        const bool agrees = body.length != BodyHeaders::Length::valid || number == body.content_length;
        if (!number || !agrees || *number > INT64_MAX) {
            body.length = BodyHeaders::Length::invalid;
        } else if (body.length == BodyHeaders::Length::none) {
            body.length = BodyHeaders::Length::valid;
            body.content_length = *number;
        }
    });
    if (!any) body.length = BodyHeaders::Length::invalid;
}

/// Transfer-Encoding: what matters is whether the last coding is chunked (RFC 9112 6.3, 4).
void add_transfer_encoding(BodyHeaders& body, std::string_view value) {
    for_each_element(value, [&](std::string_view element) {
        body.coding = same_letters(element, "chunked") ? BodyHeaders::Coding::chunked_last : BodyHeaders::Coding::other;
    });
}

void add_field(Head& head, std::string_view name, std::string_view value) {
    // Only few names matter here, and their lengths are all different.
    switch (name.size()) {
        case 4:
            if (same_letters(name, "Host") && !head.host) head.host = value;
            break;
        case 6:
            if (same_letters(name, "Expect") && same_letters(value, "100-continue")) head.expects_continue = true;
            break;
        case 7:
            if (same_letters(name, "Upgrade")) head.upgrade = value;
            break;
        case 14:
            if (same_letters(name, "Content-Length")) add_content_length(head.body, value);
            break;
        case 17:
            if (same_letters(name, "Transfer-Encoding")) add_transfer_encoding(head.body, value);
            break;
        default: break;
    }
}

/// The authority of an absolute target names the host, whatever Host says (RFC 9112 3.2.2); of CONNECT's
/// target, all of it does.
std::optional<std::string_view> host_of_target(const Head& head) {
    if (head.method == "CONNECT") return head.target;
    const std::size_t scheme = head.target.find("://");
    if (scheme == std::string_view::npos || head.target.starts_with('/')) return std::nullopt;
    const std::string_view rest = head.target.substr(scheme + 3);
    return rest.substr(0, rest.find_first_of("/?#"));
}

}  // namespace

std::optional<std::size_t> HeadEnd::find(Bytes bytes) {
    const std::string_view text = as_text(bytes);
    std::size_t line = 0;
    for (;;) {
        const std::size_t line_feed = text.find('\n', line);
        const std::string_view content = text.substr(line, line_feed == std::string_view::npos ? line_feed : line_feed - line);
        // Of an empty line nothing but its CR is there; a CR may have come with the bytes before.
        if (!content.empty() && content != "\r") line_has_content_ = true;
        if (line_feed == std::string_view::npos) return std::nullopt;
        if (!line_has_content_) return line_feed + 1;
        line_has_content_ = false;
        line = line_feed + 1;
    }
}

std::optional<Head> parse_head(Bytes bytes) {
    const std::string_view text = as_text(bytes);
    Head head;
    std::string_view line = text.substr(0, text.find('\n'));
    if (line.ends_with('\r')) line.remove_suffix(1);
    switch (classify_start(bytes)) {
        case StartLine::response:
            head.version_minor = static_cast<std::uint8_t>(line[7] - '0');
            head.status = static_cast<std::uint16_t>((line[9] - '0') * 100 + (line[10] - '0') * 10 + (line[11] - '0'));
            break;
        case StartLine::request: {
            // The target is all between the first blank and the last: some clients leave blanks in it.
            const std::size_t blank = line.find(' '), last = line.rfind(' ');
            head.is_request = true;
            head.version_minor = static_cast<std::uint8_t>(line.back() - '0');
            head.method = line.substr(0, blank);
            head.target = blank < last ? line.substr(blank + 1, last - blank - 1) : std::string_view{};
            break;
        }
        case StartLine::incomplete:
        case StartLine::neither: return std::nullopt;
    }
    for_each_field(text, [&](std::string_view name, std::string_view value) { add_field(head, name, value); });
    if (head.is_request)
        if (const auto host = host_of_target(head)) head.host = host;
    return head;
}

std::optional<Head> parse_cut_head(Bytes bytes) {
    if (auto head = parse_head(bytes)) return head;
    const std::string_view text = as_text(bytes);
    const std::size_t blank = text.find(' ');
    if (blank == std::string_view::npos || text.find('\n') != std::string_view::npos) return std::nullopt;
    if (std::ranges::find(known_methods, text.substr(0, blank)) == known_methods.end()) return std::nullopt;
    Head head;
    head.is_request = true;
    head.method = text.substr(0, blank);
    head.target = text.substr(blank + 1);
    head.target = head.target.substr(0, head.target.find(' '));
    return head;
}

BodyFraming request_framing(const Head& head) {
    using enum BodyFraming::Kind;
    switch (head.body.coding) {
        case BodyHeaders::Coding::chunked_last: return {chunked};
        case BodyHeaders::Coding::other: return {until_close};  // the server cannot tell either (RFC 9112 6.3, 4)
        case BodyHeaders::Coding::none: break;
    }
    switch (head.body.length) {
        case BodyHeaders::Length::none: return {none};
        case BodyHeaders::Length::invalid: return {until_close};  // an error after which nothing is certain (6.3, 5)
        case BodyHeaders::Length::valid: break;
    }
    return {head.body.content_length == 0 ? none : length, head.body.content_length};
}

BodyFraming response_framing(const Head& head, std::string_view method) {
    using enum BodyFraming::Kind;
    const bool successful = head.status >= 200 && head.status < 300;
    if (head.status == 101 || (method == "CONNECT" && successful)) return {tunnel};
    if (method == "HEAD" || head.status < 200 || head.status == 204 || head.status == 304) return {none};
    if (head.body.coding == BodyHeaders::Coding::none && head.body.length == BodyHeaders::Length::none) return {until_close};
    return request_framing(head);
}

}  // namespace podsnoop
