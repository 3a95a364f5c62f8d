#include "print/otlp_spans.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <iterator>
#include <optional>

#include "base/address.hpp"
#include "base/letters.hpp"
#include "event/fields.hpp"
#include "event/http_methods.hpp"
#include "print/escape.hpp"
#include "print/otlp.hpp"
#include "print/trace_context.hpp"

namespace podsnoop {

namespace {

/// SplitMix64's finalizer: every bit of the sum reaches every bit of the result.
std::uint64_t mixed(std::uint64_t of, std::uint64_t with) {
    std::uint64_t bits = of + 0x9e3779b97f4a7c15 + with;
    bits = (bits ^ bits >> 30) * 0xbf58476d1ce4e5b9;
    bits = (bits ^ bits >> 27) * 0x94d049bb133111eb;
    return bits ^ bits >> 31;
}

std::uint64_t mixed(std::uint64_t of, const Endpoint& with) {
    for (const std::uint8_t byte : with.address.bytes) of = mixed(of, byte);
    return mixed(of, with.port);
}

/// The conventions count a 4xx as the client's error and not as the server's. What ended with us is nobody's.
std::string error_type(const Exchange& e) {
    const bool cut = e.end == ExchangeEnd::reset || e.end == ExchangeEnd::closed || e.end == ExchangeEnd::timeout;
    if (cut) return std::string(name_of(e.end));
    const unsigned first_error = e.side == Side::client ? 400 : 500;
    return e.response.seen && e.response.status >= first_error ? std::to_string(e.response.status) : std::string();
}

/// Numbers of SpanKind; SPAN_KIND_UNSPECIFIED where it was seen at neither end.
unsigned span_kind(Side side) { return side == Side::server ? 2 : side == Side::client ? 3 : 0; }

const Pod* pod_at_end(const Exchange& e) {
    return e.side == Side::server ? e.server.pod : e.side == Side::client ? e.client.pod : nullptr;
}

/// The value of a header, the first of its name; empty where there is none.
std::string_view header_value(const Message& message, std::string_view name) {
    const auto is_it = [&](const Header& header) { return same_letters(header.name, name); };
    const auto header = std::ranges::find_if(message.headers, is_it);
    return header != message.headers.end() ? std::string_view(header->value) : std::string_view{};
}

/// What a request was sent to, as far as it says so.
struct Authority {
    std::string_view host;  ///< without the brackets of IPv6; empty where it was not said
    std::uint16_t port = 0;
};

/// Of "cart.shop", "cart.shop:8080", "[fd00::1]:80" (RFC 9110 7.2).
Authority read_authority(std::string_view text) {
    Authority authority{.host = text};
    const std::size_t colon = text.rfind(':');
    const bool has_port = colon != std::string_view::npos && (text.find(':') == colon || text.substr(0, colon).ends_with(']'));
    if (has_port) {
        const std::string_view digits = text.substr(colon + 1);
        const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), authority.port);
        if (end != digits.data() + digits.size()) authority.port = 0;
        authority.host = text.substr(0, colon);
    }
    if (authority.host.starts_with('[') && authority.host.ends_with(']'))
        authority.host = authority.host.substr(1, authority.host.size() - 2);
    return authority;
}

/// Whom the client called: by name where it gave one, else by the address it sent to.
void append_called(OtlpAttributes& attributes, const Exchange& e) {
    const Endpoint& sent_to = e.service ? e.service->endpoint : e.server.endpoint;
    const Authority said = read_authority(e.request.seen && e.request.host ? std::string_view(*e.request.host) : "");
    if (!said.host.empty()) attributes.text("server.address", said.host);
    else attributes.address("server.address", sent_to.address);
    attributes.number("server.port", said.port != 0 ? said.port : sent_to.port);
}

void append_network(OtlpAttributes& attributes, const Exchange& e) {
    const auto append = [&](const std::string& role, const Endpoint& end) {
        attributes.address(role + ".address", end.address);
        attributes.number(role + ".port", end.port);
    };
    const Endpoint &client = e.client.endpoint, &server = e.server.endpoint;
    switch (e.side) {
        case Side::client:
            append("network.peer", server);
            append("network.local", client);
            break;
        case Side::server:
            append("client", client);
            append("network.peer", client);
            append("network.local", server);
            break;
        case Side::between:
        case Side::unknown:
            append("source", client);
            append("destination", server);
            break;
    }
    const Message& message = e.request.seen ? static_cast<const Message&>(e.request) : e.response;
    attributes.text("network.protocol.version", message.version_minor == 0 ? "1.0" : "1.1");
}

/// What the conventions have no names for.
void append_own(OtlpAttributes& attributes, const Exchange& e) {
    for (const Peer* peer : {&e.client, &e.server}) {
        const std::string role = peer == &e.client ? "podsnoop.client" : "podsnoop.server";
        if (peer->pod != nullptr) attributes.text(role + ".pod", peer->pod->namespace_name + "/" + peer->pod->name);
        attributes.text(role + ".comm", peer->comm);
    }
    if (e.service) attributes.text("podsnoop.service", e.service->name);
    attributes.micros("podsnoop.connect_us", {e.latency.connect});
    attributes.micros("podsnoop.request_us", {e.latency.request});
    attributes.micros("podsnoop.wait_us", {e.latency.wait});
    attributes.micros("podsnoop.response_us", {e.latency.response});
    attributes.text("podsnoop.end", name_of(e.end));
}

/// An absolute target without the name and password that it may have before its host.
std::string without_credentials(std::string_view target) {
    const std::size_t scheme = target.find("://");
    if (scheme == std::string_view::npos) return std::string(target);
    const std::size_t from = scheme + 3, to = std::min(target.find_first_of("/?#", from), target.size());
    const std::size_t at = target.substr(0, to).rfind('@');
    if (at == std::string_view::npos || at < from) return std::string(target);
    return fmt::format("{}REDACTED:REDACTED{}", target.substr(0, from), target.substr(at));
}

}  // namespace

void OtlpSpans::append(std::string& out, const Exchange& e) {
    const auto start = e.time.time_since_epoch();
    const auto end = later(e.time, e.latency.total.value_or(Nanoseconds{0})).time_since_epoch();
    const bool has_method = e.request.seen && is_common_method(e.request.method);
    const std::string error = error_type(e);

    line_ = R"({"resourceSpans":[{"resource":{"attributes":[)";
    OtlpAttributes attributes(line_);
    append_otlp_resource(attributes, pod_at_end(e));
    line_ += R"(]},"scopeSpans":[{"scope":{"name":"podsnoop"},"spans":[{)";
    append_ids(e);
    fmt::format_to(std::back_inserter(line_),
                   R"("name":"{}","kind":{},"startTimeUnixNano":"{}","endTimeUnixNano":"{}","attributes":[)",
                   has_method ? e.request.method : "HTTP", span_kind(e.side), start.count(), end.count());
    append_request(attributes, e);
    if (e.response.seen) {
        attributes.number("http.response.status_code", e.response.status);
        attributes.number("http.response.body.size", e.response.body_bytes);
        append_headers(attributes, "http.response.header.", e.response);
    }
    append_network(attributes, e);
    attributes.text("error.type", error);
    append_own(attributes, e);
    line_ += error.empty() ? "]}]}]}]}\n" : "],\"status\":{\"code\":2}}]}]}]}\n";
    out += line_;
}

void OtlpSpans::append_ids(const Exchange& e) {
    std::uint64_t id = mixed(++told_, static_cast<std::uint64_t>(e.time.time_since_epoch().count()));
    id = mixed(mixed(mixed(id, e.netns), e.client.endpoint), e.server.endpoint);
    const auto parent = parse_traceparent(header_value(e.request, "traceparent"));
    // An id of zeros would be none.
    std::string trace = fmt::format("{:016x}{:016x}", mixed(id, 1), mixed(id, 2) | 1);
    if (parent) trace = parent->trace_id;
    fmt::format_to(std::back_inserter(line_), R"("traceId":"{}","spanId":"{:016x}",)", trace, mixed(id, 3) | 1);
    if (!parent) return;
    constexpr unsigned has_is_remote = 0x100, is_remote = 0x200;  // SpanFlags, above the parent's own
    fmt::format_to(std::back_inserter(line_), R"("parentSpanId":"{}","flags":{},)", parent->span_id,
                   parent->flags | has_is_remote | is_remote);
    const std::string_view state = header_value(e.request, "tracestate");
    if (state.empty()) return;
    line_ += R"("traceState":")";
    append_json_text(line_, state);
    line_ += "\",";
}

void OtlpSpans::append_request(OtlpAttributes& attributes, const Exchange& e) {
    append_called(attributes, e);
    if (!e.request.seen) return;
    const std::string& method = e.request.method;
    attributes.text("http.request.method", is_common_method(method) ? std::string_view(method) : other_method);
    if (!is_common_method(method)) attributes.text("http.request.method_original", method);
    attributes.text("url.scheme", "http");
    const std::string_view target = e.request.target;
    if (target.starts_with('/')) {  // and no absolute form, "*" or authority (RFC 9112 3.2): these are not split
        const std::size_t query = target.find('?');
        attributes.text("url.path", target.substr(0, query));
        if (query != std::string_view::npos) attributes.text("url.query", target.substr(query + 1));
        if (e.side == Side::client) {
            std::string host = e.request.host.value_or("");
            if (host.empty()) append_endpoint(host, e.service ? e.service->endpoint : e.server.endpoint);
            attributes.text("url.full", "http://" + host + e.request.target);
        }
    } else {
        attributes.text("url.full", without_credentials(target));
    }
    attributes.number("http.request.body.size", e.request.body_bytes);
    attributes.text("user_agent.original", header_value(e.request, "user-agent"));
    append_headers(attributes, "http.request.header.", e.request);
}

void OtlpSpans::append_headers(OtlpAttributes& attributes, std::string_view prefix, const Message& message) {
    for_each_header(HeaderMap{message.headers}, scratch_, [&](std::string_view name, std::string_view value) {
        if (std::ranges::find(headers, name) == headers.end()) attributes.only_text(std::string(prefix).append(name), value);
    });
}

}  // namespace podsnoop
