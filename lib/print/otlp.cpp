#include "print/otlp.hpp"

#include <fmt/format.h>

#include <chrono>
#include <iterator>

#include "base/address.hpp"
#include "event/http_methods.hpp"
#include "print/escape.hpp"

namespace podsnoop {

namespace {

/// SplitMix64's finalizer: every bit of the sum reaches every bit of the result.
std::uint64_t mixed(std::uint64_t of, std::uint64_t with) {
    std::uint64_t bits = of + 0x9e3779b97f4a7c15 + with;
    bits = (bits ^ bits >> 30) * 0xbf58476d1ce4e5b9;
    bits = (bits ^ bits >> 27) * 0x94d049bb133111eb;
    return bits ^ bits >> 31;
}

std::string text_of(const Address& address) {
    std::string text;
    append_address(text, address);
    return text;
}

std::uint64_t mixed(std::uint64_t of, const Endpoint& with) {
    for (const char c : text_of(with.address)) of = mixed(of, static_cast<unsigned char>(c));
    return mixed(of, with.port);
}

/// The conventions count a 4xx as the client's error and not as the server's. What ended with us is nobody's.
std::string error_type(const Exchange& e) {
    const bool cut = e.end == ExchangeEnd::reset || e.end == ExchangeEnd::closed || e.end == ExchangeEnd::timeout;
    if (cut) return std::string(name_of(e.end));
    const unsigned first_error = e.side == Side::client ? 400 : 500;
    return e.response.seen && e.response.status >= first_error ? std::to_string(e.response.status) : std::string();
}

/// Numbers of SpanKind; nothing where it was seen at neither end.
unsigned span_kind(Side side) { return side == Side::server ? 2 : side == Side::client ? 3 : 0; }

const Pod* pod_at_end(const Exchange& e) {
    return e.side == Side::server ? e.server.pod : e.side == Side::client ? e.client.pod : nullptr;
}

}  // namespace

void OtlpSpans::append(std::string& out, const Exchange& e) {
    const auto start = e.time.time_since_epoch();
    const auto end = start + e.latency.total.value_or(Nanoseconds{0});
    const bool has_method = e.request.seen && is_common_method(e.request.method);
    std::uint64_t id = mixed(++told_, static_cast<std::uint64_t>(start.count()));
    id = mixed(mixed(mixed(id, e.netns), e.client.endpoint), e.server.endpoint);
    const std::string error = error_type(e);

    line_ = R"({"resourceSpans":[{"resource":{"attributes":[)";
    append_resource(pod_at_end(e));
    // An id of zeros would be none.
    fmt::format_to(
        std::back_inserter(line_),
        R"(]}},"scopeSpans":[{{"scope":{{"name":"podsnoop"}},"spans":[{{"traceId":"{:016x}{:016x}","spanId":"{:016x}","name":"{}",)"
        R"("kind":{},"startTimeUnixNano":"{}","endTimeUnixNano":"{}","attributes":[)",
        mixed(id, 1), mixed(id, 2) | 1, mixed(id, 3) | 1, has_method ? e.request.method : "HTTP", span_kind(e.side),
        start.count(), end.count());
    append_request(e);
    if (e.response.seen) {
        attribute("http.response.status_code", std::uint64_t{e.response.status});
        attribute("http.response.body.size", e.response.body_bytes);
    }
    append_network(e);
    if (!error.empty()) attribute("error.type", error);
    attribute("podsnoop.end", name_of(e.end));
    line_ += error.empty() ? "]}]}]}]}\n" : "],\"status\":{\"code\":2}}]}]}]}\n";
    out += line_;
}

void OtlpSpans::append_resource(const Pod* pod) {
    if (pod == nullptr) return;
    attribute("k8s.namespace.name", pod->namespace_name);
    attribute("k8s.pod.name", pod->name);
    attribute("k8s.pod.uid", pod->uid);
    attribute("k8s.container.name", pod->container);
}

void OtlpSpans::append_request(const Exchange& e) {
    if (!e.request.seen) return;
    const std::string& method = e.request.method;
    attribute("http.request.method", is_common_method(method) ? std::string_view(method) : other_method);
    if (!is_common_method(method)) attribute("http.request.method_original", method);
    attribute("url.scheme", "http");
    std::string_view target = e.request.target;
    if (target.starts_with('/')) {  // and no absolute form, "*" or authority (RFC 9112 3.2): these are not split
        const std::size_t query = target.find('?');
        attribute("url.path", target.substr(0, query));
        if (query != std::string_view::npos) attribute("url.query", target.substr(query + 1));
        if (e.side == Side::client && e.request.host) attribute("url.full", "http://" + *e.request.host + e.request.target);
    } else {
        attribute("url.full", target);
    }
    if (e.request.host) attribute("podsnoop.host", *e.request.host);
    attribute("http.request.body.size", e.request.body_bytes);
}

void OtlpSpans::append_network(const Exchange& e) {
    const auto append_peer = [&](const std::string& role, const Peer& peer) {
        if (peer.endpoint.address.family != 0) attribute(role + ".address", text_of(peer.endpoint.address));
        attribute(role + ".port", std::uint64_t{peer.endpoint.port});
        if (peer.pod != nullptr) attribute("podsnoop." + role + ".pod", peer.pod->namespace_name + "/" + peer.pod->name);
        attribute("podsnoop." + role + ".comm", peer.comm);
    };
    append_peer("client", e.client);
    append_peer("server", e.server);
    if (e.service) attribute("podsnoop.service", e.service->name);
    const Message& message = e.request.seen ? static_cast<const Message&>(e.request) : e.response;
    attribute("network.protocol.version", message.version_minor == 0 ? "1.0" : "1.1");
}

void OtlpSpans::begin_attribute(std::string_view key) {
    if (!line_.ends_with('[')) line_ += ',';
    line_ += R"({"key":")";
    line_ += key;
    line_ += R"(","value":{)";
}

void OtlpSpans::attribute(std::string_view key, std::string_view text) {
    if (text.empty()) return;  // unknown
    begin_attribute(key);
    line_ += R"("stringValue":")";
    append_json_text(line_, text);
    line_ += "\"}}";
}

void OtlpSpans::attribute(std::string_view key, std::uint64_t number) {
    begin_attribute(key);
    fmt::format_to(std::back_inserter(line_), R"("intValue":"{}"}}}})", number);  // 64 bits are text in Protobuf's JSON
}

}  // namespace podsnoop
