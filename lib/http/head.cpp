#include "http/head.hpp"

#include <algorithm>
#include <array>

#include "base/letters.hpp"
#include "base/number.hpp"
#include "http/line_feeds.hpp"

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
    if (const auto number = parse_number<std::uint64_t>(value); number && body.length == BodyHeaders::Length::none) {
        body.length = *number > INT64_MAX ? BodyHeaders::Length::invalid : BodyHeaders::Length::valid;
        body.content_length = *number;
        return;
    }
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

// The fields that matter here, in lower case.
constexpr std::string_view host_name = "host", expect_name = "expect", upgrade_name = "upgrade", length_name = "content-length",
                           coding_name = "transfer-encoding";

constexpr std::uint8_t perhaps_empty = 1;  // no name that matters is so short

/// By a line's first character: how long the name is that begins so and matters; perhaps_empty where the line may be empty; 0 where
/// it need not be looked at.
constexpr auto line_starts = [] {
    std::array<std::uint8_t, 256> starts{};
    for (const std::string_view name : {host_name, expect_name, upgrade_name, length_name, coding_name})
        for (const int first : {+name.front(), name.front() - 'a' + 'A'})
            starts[static_cast<std::size_t>(first)] = static_cast<std::uint8_t>(name.size());
    starts['\r'] = starts['\n'] = perhaps_empty;
    return starts;
}();

std::uint8_t start_of(std::string_view text, std::size_t line) { return line_starts[static_cast<unsigned char>(text[line])]; }

/// Whether a text, no shorter than it, begins with this name, in any case.
[[gnu::always_inline]] inline bool is_name(std::string_view text, std::string_view name) {
    constexpr int case_bit = 'a' ^ 'A';
    int differences = 0;
#pragma GCC unroll 32
    for (std::size_t i = 0; i < name.size(); ++i) differences |= (text[i] ^ name[i]) & (name[i] == '-' ? -1 : ~case_bit);
    return differences == 0;
}

/// Takes a line's field, if it is one that matters, whose name has this size.
void add_field(Head& head, std::string_view line, std::size_t size) {
    const std::string_view rest = without_blanks_before(line.substr(std::min(size, line.size())));
    if (!rest.starts_with(':')) return;
    const std::string_view value = without_blanks_behind(without_blanks_before(rest.substr(1)));
    switch (size) {  // all different
        case length_name.size():
            if (is_name(line, length_name)) add_content_length(head.body, value);
            break;
        case host_name.size():
            if (is_name(line, host_name)) head.host = head.host.value_or(value);
            break;
        case coding_name.size():
            if (is_name(line, coding_name)) add_transfer_encoding(head.body, value);
            break;
        case upgrade_name.size():
            if (is_name(line, upgrade_name)) head.upgrade = value;
            break;
        case expect_name.size():
            if (is_name(line, expect_name) && same_letters(value, "100-continue")) head.expects_continue = true;
            break;
        default: break;
    }
}

/// The authority of an absolute target names the host, whatever Host says (RFC 9112 3.2.2); of CONNECT's
/// target, all of it does.
std::optional<std::string_view> host_of_target(const Head& head) {
    const std::string_view target = head.start.target;
    if (head.start.method == "CONNECT") return target;
    if (target.starts_with('/')) return std::nullopt;
    const std::size_t scheme = target.find("://");
    if (scheme == std::string_view::npos) return std::nullopt;
    const std::string_view rest = target.substr(scheme + 3);
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

HeadStart read_head(Bytes bytes, Head& head) {
    const std::string_view text = as_text(bytes);
    LineFeeds line_feeds(text);
    head = Head{};
    HeadStart found{.start = read_start_line(text, line_feeds, head.start)};
    if (found.start != StartLine::request && found.start != StartLine::response) return found;
    head.is_request = found.start == StartLine::request;
    std::size_t end = head.start.end;
    while (end != LineFeeds::none) {
        const std::size_t line = end + 1;
        const std::uint8_t start = line == text.size() ? std::uint8_t{0} : start_of(text, line);
        end = line_feeds.next();
        if (start == 0) continue;
        if (start == perhaps_empty) {
            if (end - line > 1 || (end != line && text[line] != '\r')) continue;
            found.length = end + 1;
            break;
        }
        if (line + start >= text.size() || is_token_char(text[line + start])) continue;  // a longer name
        // A line that starts with a blank goes on with the field before it.
        while (end < text.size() - 1 && (text[end + 1] == ' ' || text[end + 1] == '\t')) end = line_feeds.next();
        add_field(head, text.substr(line, end - line), start);
    }
    if (head.is_request)
        if (const auto host = host_of_target(head)) head.host = host;
    return found;
}

std::optional<Head> parse_head(Bytes bytes) {
    Head head;
    const StartLine start = read_head(bytes, head).start;
    return start == StartLine::request || start == StartLine::response ? std::optional(head) : std::nullopt;
}

std::optional<Head> parse_cut_head(Bytes bytes) {
    if (auto head = parse_head(bytes)) return head;
    const std::string_view text = as_text(bytes);
    const std::size_t blank = text.find(' ');
    if (blank == std::string_view::npos || text.find('\n') != std::string_view::npos) return std::nullopt;
    if (std::ranges::find(known_methods, text.substr(0, blank)) == known_methods.end()) return std::nullopt;
    Head head;
    head.is_request = true;
    head.start.method = text.substr(0, blank);
    head.start.target = text.substr(blank + 1);
    head.start.target = head.start.target.substr(0, head.start.target.find(' '));
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
    const bool successful = head.start.status >= 200 && head.start.status < 300;
    if (head.start.status == 101 || (method == "CONNECT" && successful)) return {tunnel};
    if (method == "HEAD" || head.start.status < 200 || head.start.status == 204 || head.start.status == 304) return {none};
    if (head.body.coding == BodyHeaders::Coding::none && head.body.length == BodyHeaders::Length::none) return {until_close};
    return request_framing(head);
}

}  // namespace podsnoop
