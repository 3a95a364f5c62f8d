#include "event/selection.hpp"

#include <algorithm>
#include <cstddef>

#include "base/letters.hpp"
#include "base/number.hpp"
#include "event/target.hpp"

namespace podsnoop {

namespace {

constexpr std::uint16_t lowest_status = 100, highest_status = 999;

std::optional<std::uint16_t> status_in(std::string_view text) {
    const auto number = parse_number<std::uint16_t>(text);
    if (!number || *number < lowest_status || *number > highest_status) return std::nullopt;
    return number;
}

/// Reads a list with commas, each item by read(item), which gives an optional. An item it cannot read is an
/// Error.
template <class T, class Read>
Result<std::vector<T>> parse_list(std::string_view text, std::string_view what, std::string_view hint, Read read) {
    std::vector<T> items;
    while (true) {
        const std::size_t comma = std::min(text.find(','), text.size());
        const std::string_view item = text.substr(0, comma);
        auto value = read(item);
        if (!value)
            return fail("not a " + std::string(what), std::string(item), item.empty() ? "it is empty" : "", std::string(hint));
        items.push_back(std::move(*value));
        if (comma == text.size()) return items;
        text.remove_prefix(comma + 1);
    }
}

std::optional<StatusRange> compared_status(std::string_view text) {
    const bool greater = text.front() == '>';
    text.remove_prefix(1);
    const bool inclusive = text.starts_with('=');
    if (inclusive) text.remove_prefix(1);
    const auto bound = status_in(text);
    if (!bound) return std::nullopt;
    const auto off = static_cast<std::uint16_t>(inclusive ? 0 : 1);
    const StatusRange range = greater ? StatusRange{static_cast<std::uint16_t>(*bound + off), highest_status}
                                      : StatusRange{lowest_status, static_cast<std::uint16_t>(*bound - off)};
    if (range.first > range.last) return std::nullopt;  // ">999", "<100"
    return range;
}

std::optional<StatusRange> status_range(std::string_view text) {
    if (text.starts_with('>') || text.starts_with('<')) return compared_status(text);
    if (text.size() == 3 && text.front() >= '1' && text.front() <= '9' && same_letters(text.substr(1), "xx")) {
        const auto hundreds = static_cast<std::uint16_t>((text.front() - '0') * 100);
        return StatusRange{hundreds, static_cast<std::uint16_t>(hundreds + 99)};
    }
    const std::size_t dash = std::min(text.find('-'), text.size());
    const auto first = status_in(text.substr(0, dash));
    const auto last = dash == text.size() ? first : status_in(text.substr(dash + 1));
    if (!first || !last || *first > *last) return std::nullopt;
    return StatusRange{*first, *last};
}

bool path_matches(const Glob& glob, const Request& request) {
    if (glob.matches(path_of(request))) return true;
    return glob.contains('?') && glob.matches(path_and_query(request));
}

bool host_matches(const Glob& glob, const Request& request) {
    if (!request.host) return false;
    const std::string_view host = *request.host;
    if (glob.matches(host)) return true;
    const std::size_t colon = host.rfind(':');
    const bool has_port = colon != std::string_view::npos && std::ranges::all_of(host.substr(colon + 1), is_digit);
    return has_port && glob.matches(host.substr(0, colon));
}

bool is_port_of(const std::vector<std::uint16_t>& ports, const NetworkRecord& record) {
    return ports.empty() || std::ranges::find(ports, record.server.endpoint.port) != ports.end();
}

bool is_slower(const Exchange& exchange, Nanoseconds than) {
    const Latency& took = exchange.latency;
    if (took.total) return *took.total >= than;
    if (exchange.end == ExchangeEnd::timeout) return true;
    const Nanoseconds zero{0};
    return took.request.value_or(zero) + took.wait.value_or(zero) + took.response.value_or(zero) >= than;
}

bool is_error(const Exchange& exchange) {
    if (exchange.end == ExchangeEnd::upgraded) return false;
    return !exchange.response.seen || exchange.response.status >= 500 || exchange.end != ExchangeEnd::complete;
}

}  // namespace

bool Selection::matches(const Exchange& exchange) const {
    const Request& request = exchange.request;
    const auto is_method = [&](const std::string& method) { return same_letters(method, request.method); };
    const auto has_status = [&](const StatusRange& range) {
        return exchange.response.status >= range.first && exchange.response.status <= range.last;
    };
    if (!is_port_of(ports, exchange)) return false;
    if (host && !(request.seen && host_matches(*host, request))) return false;
    if (!methods.empty() && !(request.seen && std::ranges::any_of(methods, is_method))) return false;
    if (path && !(request.seen && path_matches(*path, request))) return false;
    if (!statuses.empty() && !(exchange.response.seen && std::ranges::any_of(statuses, has_status))) return false;
    if (slower_than && !is_slower(exchange, *slower_than)) return false;
    return !errors || is_error(exchange);
}

bool TcpSelection::matches(const TcpConnection& connection) const {
    using enum ConnectionEnd;
    if (!is_port_of(ports, connection)) return false;
    if (connection.open) return !slower_than && !errors;
    if (slower_than && connection.duration < *slower_than) return false;
    return !errors || connection.end == reset || connection.end == refused || connection.end == timeout;
}

Result<std::vector<std::uint16_t>> parse_ports(std::string_view text) {
    return parse_list<std::uint16_t>(text, "port", "write 80 or 80,8080; ports are 1 to 65535", [](auto item) {
        const auto port = parse_number<std::uint16_t>(item);
        return port && *port != 0 ? port : std::nullopt;
    });
}

Result<Glob> parse_host_glob(std::string_view text) {
    if (text.empty()) return fail("not a host", "", "it is empty", "write cart.shop or *.shop");
    if (text.find('/') != std::string_view::npos)
        return fail("not a host", std::string(text), "it has a slash", "write cart.shop; for paths there is --path");
    return Glob(std::string(text), Case::ignored);
}

Result<std::vector<std::string>> parse_methods(std::string_view text) {
    return parse_list<std::string>(text, "method", "write GET or GET,POST", [](auto item) {
        const bool token = !item.empty() && std::ranges::all_of(item, is_token_char);
        return token ? std::optional(std::string(item)) : std::nullopt;
    });
}

Result<Glob> parse_path_glob(std::string_view text) {
    const std::string pattern(text);
    if (text.empty()) return fail("not a path", "", "it is empty", "write /cart or /api/*");
    if (text.front() != '/' && text.front() != '*' && text.front() != '?')
        return fail("not a path", pattern, "it does not start with a slash",
                    "write /" + pattern + ", or */" + pattern + " for any place in the path");
    return Glob(pattern, Case::matters);
}

Result<std::vector<StatusRange>> parse_statuses(std::string_view text) {
    return parse_list<StatusRange>(text, "status", "write 404, 5xx, >=400, <300 or 400-499; statuses are 100 to 999",
                                   status_range);
}

}  // namespace podsnoop
