#include <doctest/doctest.h>

#include <limits>
#include <string>

#include "exchanges.hpp"
#include "print/printer.hpp"

using namespace podsnoop;

namespace {

std::string span(const Exchange& e) {
    ExchangePrinter printer({.format = Format::otlp});
    std::string out;
    printer.header(out);
    printer.print(out, e);
    return out;
}

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

/// The ids, which only have to be ids.
std::string id_of(const std::string& line, std::string_view key) {
    const std::size_t at = line.find(key) + key.size() + 3;
    return line.substr(at, line.find('"', at) - at);
}

}  // namespace

TEST_CASE("otlp: an exchange seen at its client is a client's span, by the semantic conventions") {
    const Pod client{"shop", "web-0", "uid-1", "app"};
    Exchange e = full_exchange();
    e.client.pod = &client;
    const std::string line = span(e);
    CHECK(line.starts_with(
        R"({"resourceSpans":[{"resource":{"attributes":[{"key":"k8s.namespace.name","value":{"stringValue":"shop"}},)"
        R"({"key":"k8s.pod.name","value":{"stringValue":"web-0"}},{"key":"k8s.pod.uid","value":{"stringValue":"uid-1"}},)"
        R"({"key":"k8s.container.name","value":{"stringValue":"app"}}]},"scopeSpans":[{"scope":{"name":"podsnoop"},"spans":[{"traceId":")"));
    CHECK(
        line.substr(line.find(R"("name":"GET")")) ==
        R"("name":"GET","kind":3,"startTimeUnixNano":"1795247365123456789","endTimeUnixNano":"1795247365125522789","attributes":[)"
        R"({"key":"server.address","value":{"stringValue":"cart.shop"}},{"key":"server.port","value":{"intValue":"8080"}},)"
        R"({"key":"http.request.method","value":{"stringValue":"GET"}},{"key":"url.scheme","value":{"stringValue":"http"}},)"
        R"({"key":"url.path","value":{"stringValue":"/cart"}},{"key":"url.query","value":{"stringValue":"id=1"}},)"
        R"({"key":"url.full","value":{"stringValue":"http://cart.shop/cart?id=1"}},)"
        R"({"key":"http.request.body.size","value":{"intValue":"0"}},{"key":"http.response.status_code","value":{"intValue":"200"}},)"
        R"({"key":"http.response.body.size","value":{"intValue":"5120"}},{"key":"network.peer.address","value":{"stringValue":"10.244.0.9"}},)"
        R"({"key":"network.peer.port","value":{"intValue":"8080"}},{"key":"network.local.address","value":{"stringValue":"10.244.0.7"}},)"
        R"({"key":"network.local.port","value":{"intValue":"51234"}},{"key":"network.protocol.version","value":{"stringValue":"1.1"}},)"
        R"({"key":"podsnoop.client.pod","value":{"stringValue":"shop/web-0"}},{"key":"podsnoop.connect_us","value":{"intValue":"310"}},)"
        R"({"key":"podsnoop.request_us","value":{"intValue":"12"}},{"key":"podsnoop.wait_us","value":{"intValue":"1834"}},)"
        R"({"key":"podsnoop.response_us","value":{"intValue":"220"}},{"key":"podsnoop.end","value":{"stringValue":"complete"}}]}]}]}]})"
        "\n");
}

TEST_CASE("otlp: the span is of the pod at whose end it was seen") {
    const Pod client{"shop", "web-0", "", ""}, server{"shop", "cart-0", "", ""};
    Exchange e = full_exchange();
    e.client.pod = &client;
    e.server.pod = &server;
    e.side = Side::server;
    CHECK(has(
        span(e),
        R"("resource":{"attributes":[{"key":"k8s.namespace.name","value":{"stringValue":"shop"}},{"key":"k8s.pod.name","value":{"stringValue":"cart-0"}}]})"));
    CHECK(has(span(e), R"("kind":2,)"));
    e.side = Side::between;
    CHECK(has(span(e), R"("resource":{"attributes":[]})"));
    CHECK(has(span(e), R"("kind":0,)"));
}

TEST_CASE("otlp: at the server the client is the peer; in between there is none") {
    Exchange e = full_exchange();
    e.side = Side::server;
    CHECK(has(span(e), R"({"key":"client.address","value":{"stringValue":"10.244.0.7"}})"));
    CHECK(has(span(e), R"({"key":"network.peer.port","value":{"intValue":"51234"}})"));
    CHECK_FALSE(has(span(e), "url.full"));
    e.side = Side::between;
    CHECK(has(span(e), R"({"key":"source.address","value":{"stringValue":"10.244.0.7"}})"));
    CHECK(has(span(e), R"({"key":"destination.port","value":{"intValue":"8080"}})"));
    CHECK_FALSE(has(span(e), "network.peer"));
}

TEST_CASE("otlp: whom the client called is what it says, else where it sent to") {
    Exchange e = full_exchange();
    const auto called = [&](const char* address, const char* port) {
        return has(span(e), R"({"key":"server.address","value":{"stringValue":")" + std::string(address) +
                                R"("}},{"key":"server.port","value":{"intValue":")" + port + R"("}})");
    };
    e.request.host = "cart.shop:81";
    CHECK(called("cart.shop", "81"));
    e.request.host = "[fd00::1]:81";
    CHECK(called("fd00::1", "81"));
    e.request.host = "[fd00::1]";
    CHECK(called("fd00::1", "8080"));
    for (const char* host : {"cart:99999", "cart:80x", "cart:"}) {
        CAPTURE(host);
        e.request.host = host;
        CHECK(called("cart", "8080"));
    }
    e.request.host = "";
    CHECK(called("10.244.0.9", "8080"));
    CHECK(has(span(e), R"("url.full","value":{"stringValue":"http://10.244.0.9:8080/cart?id=1"})"));
    e.request.host.reset();
    e.service = Service{{ipv4(10, 96, 0, 1), 80}, "shop/cart:http"};
    CHECK(called("10.96.0.1", "80"));
    CHECK(has(span(e), R"("podsnoop.service","value":{"stringValue":"shop/cart:http"})"));
    CHECK(has(span(e), R"("network.peer.address","value":{"stringValue":"10.244.0.9"})"));
}

TEST_CASE("otlp: a span is the child of the one that the request names") {
    Exchange e = full_exchange();
    e.request.headers = {{"Traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"},
                         {"Tracestate", "a=\"b\""},
                         {"User-Agent", "curl/7.88"},
                         {"X-Cart", "1"},
                         {"X-Cart", "2"}};
    e.response.headers = {{"Server", "nginx"}};
    const std::string line = span(e);
    CHECK(id_of(line, "traceId") == "0af7651916cd43dd8448eb211c80319c");
    CHECK(has(line, R"("parentSpanId":"b7ad6b7169203331","flags":769,"traceState":"a=\"b\"",)"));
    CHECK(id_of(line, "spanId") != "b7ad6b7169203331");
    CHECK(has(line, R"({"key":"user_agent.original","value":{"stringValue":"curl/7.88"}})"));
    CHECK(has(line, R"({"key":"http.request.header.x-cart","value":{"arrayValue":{"values":[{"stringValue":"1, 2"}]}}})"));
    CHECK(has(line, R"({"key":"http.response.header.server","value":{"arrayValue":{"values":[{"stringValue":"nginx"}]}}})"));
    CHECK_FALSE(has(line, "header.user-agent"));
    e.request.headers.front().value += "-garbage";
    CHECK_FALSE(has(span(e), "parentSpanId"));
    CHECK_FALSE(has(span(e), "traceState"));
}

TEST_CASE("otlp: a size that no number of OTLP's can be is left out") {
    Exchange e = full_exchange();
    e.response.body_bytes = std::numeric_limits<std::int64_t>::max();
    CHECK(has(span(e), R"("http.response.body.size","value":{"intValue":"9223372036854775807"})"));
    ++e.response.body_bytes;
    CHECK_FALSE(has(span(e), "http.response.body.size"));
}

TEST_CASE("otlp: a name and password in a target are not told") {
    Exchange e = full_exchange();
    const auto full = [&](const char* target) {
        e.request.target = target;
        const std::string line = span(e), key = R"("url.full","value":{"stringValue":")";
        const std::size_t at = line.find(key) + key.size();
        return line.substr(at, line.find('"', at) - at);
    };
    CHECK(full("http://me:secret@host/a?b=c@d") == "http://REDACTED:REDACTED@host/a?b=c@d");
    CHECK(full("http://host/a@b") == "http://host/a@b");
    CHECK(full("http://me@") == "http://REDACTED:REDACTED@");
    CHECK(full("*") == "*");
}

TEST_CASE("otlp: errors are those of the end it was seen at") {
    Exchange e = full_exchange();
    e.response.status = 404;
    CHECK(has(span(e), R"({"key":"error.type","value":{"stringValue":"404"}})"));
    CHECK(has(span(e), R"(],"status":{"code":2}}]}]}]})"));
    e.side = Side::server;
    CHECK_FALSE(has(span(e), "error.type"));
    CHECK_FALSE(has(span(e), "\"status\""));
    e.response.status = 503;
    CHECK(has(span(e), R"({"key":"error.type","value":{"stringValue":"503"}})"));
    CHECK(has(span(unanswered_exchange()), R"({"key":"error.type","value":{"stringValue":"timeout"}})"));
    Exchange ours = unanswered_exchange();
    ours.end = ExchangeEnd::capture_end;
    CHECK_FALSE(has(span(ours), "error.type"));
}

TEST_CASE("otlp: hostile methods and targets") {
    Exchange e = full_exchange();
    e.request.method = "GE\"T\xff";
    e.request.target = "http://other/a\n?b";
    const std::string line = span(e);
    CHECK(has(line, R"("name":"HTTP",)"));
    CHECK(has(line, R"({"key":"http.request.method","value":{"stringValue":"_OTHER"}},)"));
    CHECK(has(line, "{\"key\":\"http.request.method_original\",\"value\":{\"stringValue\":\"GE\\\"T\xef\xbf\xbd\"}},"));
    CHECK(has(line, R"({"key":"url.full","value":{"stringValue":"http://other/a\n?b"}})"));
    CHECK_FALSE(has(line, "url.path"));
    e.request = {};
    CHECK_FALSE(has(span(e), "http.request"));
}

TEST_CASE("otlp: a span ends no later than there is time") {
    Exchange e = full_exchange();
    e.time = Time::max() - Nanoseconds{5};
    e.latency.total = Nanoseconds{6};
    CHECK(has(span(e), R"("startTimeUnixNano":"9223372036854775802","endTimeUnixNano":"9223372036854775807")"));
}

TEST_CASE("otlp: ids are the same in each reading, and no two in one") {
    ExchangePrinter printer({.format = Format::otlp});
    std::string first, second;
    printer.print(first, full_exchange());
    printer.print(second, full_exchange());
    CHECK(first == span(full_exchange()));
    for (const std::string_view key : {"traceId", "spanId"}) {
        CAPTURE(key);
        CHECK(id_of(first, key) != id_of(second, key));
        CHECK(id_of(first, key).size() == (key == "traceId" ? 32 : 16));
        CHECK(id_of(first, key).find_first_not_of("0123456789abcdef") == std::string::npos);
    }
}
