#include "http/fields.hpp"

#include <algorithm>
#include <array>

#include "base/letters.hpp"

namespace podsnoop {

namespace {

// Whoever has these values can act as somebody else.
constexpr std::array<std::string_view, 4> secret_fields{"authorization", "proxy-authorization", "cookie", "set-cookie"};

bool is_secret(std::string_view name) {
    return std::ranges::any_of(secret_fields, [&](std::string_view secret) { return same_letters(name, secret); });
}

/// What stands for a secret: nothing of it but the scheme of an Authorization ("Bearer ***") or a cookie's
/// name ("session=***").
std::string masked(std::string_view name, std::string_view value) {
    const bool cookie = same_letters(name, "cookie") || same_letters(name, "set-cookie");
    const std::size_t end = value.find(cookie ? '=' : ' ');
    if (end == std::string_view::npos) return "***";
    // Both are tokens. What is none holds more: a cookie without a name is a value, and others may follow it.
    const bool token = std::ranges::all_of(value.substr(0, end), is_token_char);
    return token ? std::string(value.substr(0, end + 1)) + "***" : "***";
}

void copy_headers(Message& message, std::string_view text, const HttpOptions& options) {
    if (options.headers.empty()) return;
    for_each_field(text, [&](std::string_view name, std::string_view value) {
        const bool wanted =
            std::ranges::any_of(options.headers, [&](const std::string& header) { return same_letters(header, name); });
        if (!wanted) return;
        const bool mask = !options.show_secrets && is_secret(name);
        message.headers.push_back({std::string(name), mask ? masked(name, value) : std::string(value)});
    });
}

}  // namespace

void copy_request(Request& request, const Head& head, std::string_view text, const HttpOptions& options) {
    request.seen = true;
    request.version_minor = head.start.version_minor;
    request.method = head.start.method;
    request.target = head.start.target;
    if (!head.host) request.host.reset();
    else if (request.host) request.host->assign(*head.host);
    else request.host.emplace(*head.host);
    copy_headers(request, text, options);
}

void copy_response(Response& response, const Head& head, std::string_view text, const HttpOptions& options) {
    response.seen = true;
    response.version_minor = head.start.version_minor;
    response.status = head.start.status;
    copy_headers(response, text, options);
}

}  // namespace podsnoop
