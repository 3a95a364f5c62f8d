#include <doctest/doctest.h>

#include <set>
#include <string>

#include "event/fields_http.hpp"
#include "event/fields_ledger.hpp"
#include "exchanges.hpp"
#include "null_check.hpp"
#include "print/ledger.hpp"
#include "print/printer.hpp"

using namespace podsnoop;

namespace {

std::string json(const Exchange& exchange, bool headers = false, bool body = false) {
    ExchangePrinter printer({.format = Format::json, .color = true, .width = 80, .headers = headers, .body = body});
    std::string out;
    printer.header(out);
    printer.print(out, exchange);
    return out;
}

std::string target_of(const std::string& line) {
    const std::string before = "\"target\":\"", after = "\",\"host\"";
    const std::size_t start = line.find(before) + before.size();
    return line.substr(start, line.find(after) - start);
}

std::string json_target(std::string target) {
    Exchange e = full_exchange();
    e.request.target = std::move(target);
    return target_of(json(e));
}

}  // namespace

TEST_CASE("json: a full exchange is one line, field by field as documented") {
    CHECK(
        json(full_exchange()) ==
        R"({"type":"http","time":"2026-11-21T07:49:25.123456789Z","side":"client","interface":"eth0","netns":4026532201,)"
        R"("client":{"address":"10.244.0.7","port":51234,"pod":null,"comm":null},)"
        R"("server":{"address":"10.244.0.9","port":8080,"pod":null,"comm":null},"service":null,)"
        R"("request":{"method":"GET","target":"/cart?id=1","host":"cart.shop","version":"1.1","head_bytes":312,"body_bytes":0},)"
        R"("response":{"status":200,"version":"1.1","head_bytes":150,"body_bytes":5120},)"
        R"("latency_us":{"connect":310,"request":12,"wait":1834,"response":220,"total":2066},)"
        R"("end":"complete","flags":[]})"
        "\n");
}

TEST_CASE("json: numbers of any size are whole") {
    Exchange e = full_exchange();
    for (const std::uint64_t number : {0ull, 9ull, 10ull, 99ull, 100ull, 999ull, 1000ull, 9999ull, 10'000ull, 65'535ull,
                                       4'294'967'296ull, 18'446'744'073'709'551'615ull}) {
        e.response.body_bytes = number;
        CHECK(json(e).find("\"body_bytes\":" + std::to_string(number) + "},\"latency") != std::string::npos);
    }
}

TEST_CASE("json: each second's records have their own time") {
    ExchangePrinter printer({.format = Format::json});
    Exchange e = full_exchange();
    const auto time_of = [&](Time time) {
        std::string out;
        e.time = time;
        printer.print(out, e);
        return out.substr(out.find("T") + 1, sizeof("07:49:25.123456789Z") - 1);
    };
    using namespace std::chrono_literals;
    CHECK(time_of(some_time) == "07:49:25.123456789Z");
    CHECK(time_of(some_time + 876'543'210ns) == "07:49:25.999999999Z");
    CHECK(time_of(some_time + 876'543'211ns) == "07:49:26.000000000Z");
    CHECK(time_of(some_time - 123'456'789ns) == "07:49:25.000000000Z");
    CHECK(time_of(some_time - 123'456'790ns) == "07:49:24.999999999Z");
    CHECK(time_of(Time{} - 1ns) == "23:59:59.999999999Z");
}

TEST_CASE("json: what records of a connection have in common is each one's own") {
    ExchangePrinter printer({.format = Format::json});
    const auto line = [&](const Exchange& e) {
        std::string out, alone;
        printer.print(out, e);
        ExchangePrinter({.format = Format::json}).print(alone, e);  // which has told nothing before
        CHECK(out == alone);
        return out;
    };
    Exchange e = full_exchange();
    const Pod web{"shop", "web", "uid-1", "app", 1}, other{"shop", "other", "uid-2", "", 2}, nameless{"shop", "x", "", "", 0};
    std::set<std::string> lines{line(e)};
    const auto is_new = [&](auto change) {
        change();
        CHECK(lines.insert(line(e)).second);
        CHECK(lines.contains(line(e)));
    };
    is_new([&] { e.client.pod = &web; });
    is_new([&] { e.client.pod = &other; });
    is_new([&] { e.client.pod = &nameless; });
    is_new([&] { e.server.pod = &web; });
    is_new([&] { e.client.pod = nullptr; });
    is_new([&] { e.side = Side::server; });
    is_new([&] { e.interface = "eth1"; });
    is_new([&] { e.interface = std::string(2000, 'x'); });  // too long to be kept
    is_new([&] { e.interface = "eth2"; });
    is_new([&] { e.netns = 7; });
    is_new([&] { e.client.endpoint.port += 1024; });
    is_new([&] { e.server.endpoint.port = 81; });
    is_new([&] { e.client.endpoint.address = ipv4(10, 244, 0, 8); });
    is_new([&] { e.client.comm = "curl"; });
    is_new([&] { e.client.comm = "wget"; });
    is_new([&] { e.service = Service{e.server.endpoint, "shop/web"}; });
    is_new([&] { e.service->name = "shop/other"; });
}

TEST_CASE("json: what is not known is null") {
    CHECK(json(unanswered_exchange()) ==
          R"({"type":"http","time":"2026-11-21T07:49:25.123456789Z","side":null,"interface":null,"netns":null,)"
          R"("client":{"address":"10.244.0.7","port":51234,"pod":null,"comm":null},)"
          R"("server":{"address":"10.244.0.9","port":8080,"pod":null,"comm":null},"service":null,)"
          R"("request":{"method":"GET","target":"/cart?id=1","host":null,"version":"1.1","head_bytes":312,"body_bytes":0},)"
          R"("response":null,"latency_us":{"connect":null,"request":null,"wait":null,"response":null,"total":null},)"
          R"("end":"timeout","flags":[]})"
          "\n");
}

TEST_CASE("json: pods, flags, versions and an orphan response") {
    const Pod pod{"shop", "cart-7d9f", "a-uid", "app"}, half{"shop", "web-0", "", ""};
    Exchange e = full_exchange();
    e.client.pod = &half;
    e.server.pod = &pod;
    e.request = {};
    e.response.version_minor = 0;
    e.flags = flag_midstream | flag_truncated_head;
    const std::string line = json(e);
    CHECK(line.find(R"("pod":{"namespace":"shop","name":"web-0","uid":null,"container":null})") != std::string::npos);
    CHECK(line.find(R"("pod":{"namespace":"shop","name":"cart-7d9f","uid":"a-uid","container":"app"})") != std::string::npos);
    CHECK(line.find(R"("request":null,"response":{"status":200,"version":"1.0")") != std::string::npos);
    CHECK(line.find(R"("flags":["midstream","truncated-head"])") != std::string::npos);
}

TEST_CASE("json: headers and body are there when asked for") {
    Exchange e = full_exchange();
    e.request.headers = {{"X-Trace", "a\"b"}, {"Accept", "text/html"}, {"x-trace", "c"}};
    e.response.body_preview = "{\"a\":1}\r\n\xff";
    CHECK(json(e).find("headers") == std::string::npos);
    CHECK(json(e).find("\"body\"") == std::string::npos);
    const std::string line = json(e, true, true);
    CHECK(line.find(R"("body_bytes":0,"headers":{"x-trace":"a\"b, c","accept":"text/html"},"body":""})") != std::string::npos);
    CHECK(line.find(R"("headers":{},"body":"{\"a\":1}\r\n)"
                    "\xef\xbf\xbd\"}") != std::string::npos);
}

TEST_CASE("json: a printer's second line does not depend on its first") {
    ExchangePrinter printer({.format = Format::json});
    Exchange late = full_exchange(), early = full_exchange();
    late.time += std::chrono::seconds(1) + Nanoseconds{1};
    early.time -= std::chrono::hours(24 * 365 * 60);  // before 1970
    std::string out;
    for (const Exchange& e : {full_exchange(), late, early, late}) {
        out.clear();
        printer.print(out, e);
        CHECK(out == json(e));
    }
    CHECK(out.find("07:49:26.123456790Z") != std::string::npos);
}

TEST_CASE("json: hostile bytes are escaped, whatever they are") {
    CHECK(json_target("/\x1b]0;x\x07\"\\\n\r\t\x7f") == R"(/\u001b]0;x\u0007\"\\\n\r\t\u007f)");
    CHECK(json_target(std::string("/\0", 2)) == R"(/\u0000)");
    CHECK(json_target("/\xe2\x80\xae\xe2\x80\xa8\xe2\x80\xa9\xc2\x9b\xe2\x81\xa6") == R"(/\u202e\u2028\u2029\u009b\u2066)");
    CHECK(json_target("/caf\xc3\xa9/\xf0\x9f\x8d\xb0/\xf4\x8f\xbf\xbf") == "/caf\xc3\xa9/\xf0\x9f\x8d\xb0/\xf4\x8f\xbf\xbf");
    const std::string bad = "\xef\xbf\xbd";
    CHECK(json_target("/\xff") == "/" + bad);
    CHECK(json_target("/\xc0\xaf") == "/" + bad + bad);                      // overlong
    CHECK(json_target("/\xe0\x80\xaf") == "/" + bad + bad + bad);            // overlong
    CHECK(json_target("/\xf0\x8f\xbf\xbf") == "/" + bad + bad + bad + bad);  // overlong
    CHECK(json_target("/\xed\xa0\x80") == "/" + bad + bad + bad);            // surrogate
    CHECK(json_target("/\xf4\x90\x80\x80") == "/" + bad + bad + bad + bad);  // above U+10FFFF
    CHECK(json_target("/\xe2\x82") == "/" + bad + bad);                      // cut short
    CHECK(json_target("/\xe2\x82/") == "/" + bad + bad + "/");               // cut short by ASCII
}

TEST_CASE("json: long values pass whole") {
    const std::string target = "/" + std::string(100'000, 'x');
    CHECK(json_target(target) == target);
    CHECK(json_target(target + '"') == target + "\\\"");
}

TEST_CASE("fields: each has a description, and says so where it can be null") {
    NullCheck empty, full;
    visit_fields(Exchange{}, {.headers = true, .body = true}, empty);
    CHECK(empty.null.contains("interface"));
    CHECK(empty.null.contains("total"));
    visit_fields(full_exchange(), {}, full);
    CHECK(full.null == std::set<std::string_view>{"uid", "container", "comm", "address", "name"});  // of no pod, no Service
    NullCheck ledger;
    visit_fields(Ledger{}, ledger);
    CHECK(ledger.null.empty());
}

TEST_CASE("json: the ledger, every counter in its place") {
    Ledger l;
    l.duration = std::chrono::seconds(10);
    l.packets = {1, 2, 3, 4, 5, 6, 7, 8, 9};
    l.segments_decoded = 10, l.segments_malformed = 11, l.segments_fragments = 12;
    l.bytes_captured = 13, l.bytes_gap = 14, l.bytes_cut = 34, l.requests_seen = 15;
    l.requests_by_end = {16, 17, 18, 19, 20, 21, 22, 23};
    l.responses_orphan = 24, l.connections_evicted = 25, l.heads_truncated = 26;
    l.connections_tls = 27, l.connections_http2 = 28, l.connections_other = 29, l.tunnels = 30;
    l.tunnel_bytes = ~std::uint64_t{0}, l.tunnels_websocket = 35, l.connections_elsewhere = 36, l.records_delivery = 37;
    std::string out;
    append_ledger_json(out, l);
    CHECK(
        out ==
        R"({"type":"ledger","duration_us":10000000,"packets":{"seen":1,"kept":2,)"
        R"("skipped":{"not-tcp":3,"not-selected":4,"not-http":5,"body":6,"ack":7},"dropped":{"ring-full":8,"other":9}},)"
        R"("segments":{"decoded":10,"malformed":11,"fragments":12},"bytes":{"captured":13,"gap":14,"cut":34},"excluded":{"self":37},)"
        R"("requests":{"seen":15,"complete":16,"unanswered":{"reset":17,"closed":18,"timeout":19,"gap":20,)"
        R"("upgraded":21,"capture-end":22,"evicted":23}},"responses":{"orphan":24},)"
        R"("limits":{"connections-evicted":25,"heads-truncated":26},"connections":{"tls":27,"http2":28,"other":29,"elsewhere":36},)"
        R"("tunnels":{"count":30,"bytes":18446744073709551615,"websocket":35}})"
        "\n");
}
