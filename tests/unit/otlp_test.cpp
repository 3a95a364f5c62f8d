#include <doctest/doctest.h>

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
        R"({"key":"http.request.method","value":{"stringValue":"GET"}},{"key":"url.scheme","value":{"stringValue":"http"}},)"
        R"({"key":"url.path","value":{"stringValue":"/cart"}},{"key":"url.query","value":{"stringValue":"id=1"}},)"
        R"({"key":"url.full","value":{"stringValue":"http://cart.shop/cart?id=1"}},{"key":"podsnoop.host","value":{"stringValue":"cart.shop"}},)"
        R"({"key":"http.request.body.size","value":{"intValue":"0"}},{"key":"http.response.status_code","value":{"intValue":"200"}},)"
        R"({"key":"http.response.body.size","value":{"intValue":"5120"}},{"key":"client.address","value":{"stringValue":"10.244.0.7"}},)"
        R"({"key":"client.port","value":{"intValue":"51234"}},{"key":"podsnoop.client.pod","value":{"stringValue":"shop/web-0"}},)"
        R"({"key":"server.address","value":{"stringValue":"10.244.0.9"}},{"key":"server.port","value":{"intValue":"8080"}},)"
        R"({"key":"network.protocol.version","value":{"stringValue":"1.1"}},{"key":"podsnoop.end","value":{"stringValue":"complete"}}]}]}]}]})"
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
