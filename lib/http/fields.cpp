#include "http/fields.hpp"

#include <algorithm>
#include <array>

#include "base/letters.hpp"
#include "http/head.hpp"

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

}  // namespace

void copy_headers(std::vector<Header>& headers, std::string_view head, const HttpOptions& options) {
    for_each_field(head, [&](std::string_view name, std::string_view value) {
        const bool wanted =
            std::ranges::any_of(options.headers, [&](const std::string& header) { return same_letters(header, name); });
        if (!wanted) return;
        const bool mask = !options.show_secrets && is_secret(name);
        headers.push_back({std::string(name), mask ? masked(name, value) : std::string(value)});
    });
}

}  // namespace podsnoop
