#include "stats/red.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "event/fields_red.hpp"
#include "exchanges.hpp"

using namespace podsnoop;
using namespace std::chrono_literals;

namespace {

constexpr Interval ten_seconds{some_time, 10s};

Exchange get(const std::string& target, std::uint16_t status = 200, Nanoseconds total = 2ms) {
    Exchange e = full_exchange();
    e.request.target = target;
    e.response.status = status;
    e.latency.total = total;
    return e;
}

/// "name requests errors unanswered", a line each.
std::vector<std::string> lines(const std::vector<RedRecord>& records) {
    std::vector<std::string> lines;
    for (const RedRecord& r : records)
        lines.push_back(name_of(r) + ' ' + std::to_string(r.summary.requests) + ' ' + std::to_string(r.summary.errors) + ' ' +
                        std::to_string(r.summary.unanswered));
    return lines;
}

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("a red record counts requests, errors, what had no answer, bytes and latencies") {
    RedTable table({});
    for (int i = 0; i < 7; ++i) table.add(get("/"));
    table.add(get("/", 503, 4ms));
    table.add(get("/", 404));
    table.add(unanswered_exchange());
    const std::vector<RedRecord> records = table.take(ten_seconds);
    REQUIRE(records.size() == 1);
    const RedRecord& red = records.front();
    CHECK(red.time == some_time);
    CHECK(red.interval == 10s);
    CHECK(name_of(red) == "10.244.0.9:8080");
    CHECK(red.summary.requests == 10);
    CHECK(red.summary.errors == 1);
    CHECK(red.summary.unanswered == 1);
    CHECK(red.summary.rate == 1.0);
    CHECK(red.summary.latency.measured == 9);
    CHECK(red.summary.latency.max == 4ms);
    CHECK(red.summary.latency.mean == Nanoseconds(20'000'000 / 9));
    CHECK(red.summary.request_bytes == 10 * 312);
    CHECK(red.summary.response_bytes == 9 * (150 + 5120));
    CHECK(!red.sketch);
    CHECK(table.take(ten_seconds).empty());
}

TEST_CASE("an error is a 5xx, and counted once; an upgrade is answered") {
    RedTable table({});
    Exchange cut = get("/", 500);
    cut.end = ExchangeEnd::reset;
    table.add(cut);
    Exchange half = get("/", 200);
    half.end = ExchangeEnd::closed;
    table.add(half);
    Exchange upgrade = get("/", 101);
    upgrade.end = ExchangeEnd::upgraded;
    table.add(upgrade);
    table.add(get("/", 499));
    table.add(get("/", 599));
    table.add(get("/", 600));
    CHECK(lines(table.take(ten_seconds)) == Lines{"10.244.0.9:8080 6 2 1"});
}

TEST_CASE("a response whose request was not seen is no request") {
    RedTable table({});
    Exchange orphan = full_exchange();
    orphan.request = {};
    table.add(orphan);
    CHECK(table.take(ten_seconds).empty());
}

TEST_CASE("a rate is of the time that passed, and unknown where none did") {
    RedTable table({});
    table.add(get("/"));
    CHECK(table.take({some_time, 250ms}).front().summary.rate == 4.0);
    table.add(get("/"));
    CHECK(!table.take({some_time, 0ns}).front().summary.rate);
}

TEST_CASE("requests are grouped by what was asked for") {
    const Pod cart{"shop", "cart-0", "u1", "app"}, web{"shop", "web-0", "u2", ""};
    Exchange e = get("/orders/1?x=1", 503);
    e.server.pod = &cart;
    e.client.pod = &web;
    e.request.host = "Cart.Shop:80";
    e.service = Service{{ipv4(10, 96, 0, 1), 80}, "shop/cart:http"};
    const auto name_by = [&](const char* keys, bool raw = false) {
        RedTable table({.by = parse_red_keys(keys).value(), .raw_paths = raw});
        table.add(e);
        return name_of(table.take(ten_seconds).at(0));
    };
    CHECK(name_by("pod") == "shop/cart-0:8080");
    CHECK(name_by("client") == "shop/web-0");
    CHECK(name_by("service") == "shop/cart:http");
    CHECK(name_by("host") == "cart.shop:80");
    CHECK(name_by("path") == "/orders/*");
    CHECK(name_by("path", true) == "/orders/1");
    CHECK(name_by("status") == "503");
    CHECK(name_by("status,path") == "/orders/* 503");
    CHECK(name_by("pod,client") == "shop/web-0 -> shop/cart-0:8080");
    e.service->name.clear();
    CHECK(name_by("service") == "10.96.0.1:80");
    e.service.reset();
    e.request.host.reset();
    e.request.method = "CONNECT";
    e.response = {};
    e.client.pod = nullptr;
    e.client.comm = "curl";
    CHECK(name_by("service") == "-");
    CHECK(name_by("host") == "-");
    CHECK(name_by("path") == "-");
    CHECK(name_by("status") == "no response");
    CHECK(name_by("client") == "10.244.0.7 (curl)");
}

TEST_CASE("groups differ where their keys do, and not by what looks alike when joined") {
    RedTable table({.by = by_host | by_path});
    Exchange e = get("/b");
    e.request.host = "a";
    table.add(e);
    e.request.host = "A";
    table.add(e);
    e.request.target = "b";
    e.request.host = "a/";
    table.add(e);
    CHECK(lines(table.take(ten_seconds)) == Lines{"a /b 2 0 0", "a/ b 1 0 0"});
}

TEST_CASE("a pod met at several addresses tells none, and its port stays apart") {
    const Pod cart{"shop", "cart-0", "u1", "app"};
    RedTable table({});
    Exchange e = full_exchange();
    e.server.pod = &cart;
    table.add(e);
    CHECK(table.take(ten_seconds).at(0).server.endpoint.address == ipv4(10, 244, 0, 9));
    table.add(e);
    e.server.endpoint.address = ipv4(127, 0, 0, 1);
    table.add(e);
    e.server.endpoint.port = 9090;
    table.add(e);
    const std::vector<RedRecord> records = table.take(ten_seconds);
    REQUIRE(records.size() == 2);
    CHECK(records[0].server.endpoint.address == Address{});
    CHECK(records[1].server.endpoint.address == ipv4(127, 0, 0, 1));
    CHECK(lines(records) == Lines{"shop/cart-0:8080 2 0 0", "shop/cart-0:9090 1 0 0"});
}

TEST_CASE("beyond the limit all are one group, and no request is lost") {
    constexpr std::size_t limit = 10;
    RedTable table({.by = by_path, .raw_paths = true, .sketch = true, .limit = limit});
    constexpr std::uint64_t paths = 100'000;
    for (std::uint64_t i = 0; i < paths; ++i) table.add(get("/" + std::to_string(i), i % 2 == 0 ? 200 : 500));
    table.add(get("/3"));  // a row that is there goes on
    const std::vector<RedRecord> records = table.take(ten_seconds);
    REQUIRE(records.size() == limit + 1);
    std::uint64_t requests = 0, errors = 0;
    for (const RedRecord& record : records) {
        requests += record.summary.requests;
        errors += record.summary.errors;
    }
    CHECK(requests == paths + 1);
    CHECK(errors == paths / 2);
    CHECK(lines({records.front()}) == Lines{"/3 2 1 0"});
    CHECK(records.back().other);
    CHECK(lines({records.back()}) == Lines{"(other) 99990 49995 0"});
    CHECK(records.back().sketch.has_value());
    // The next interval begins with room.
    table.add(get("/new"));
    CHECK(lines(table.take(ten_seconds)) == Lines{"/new 1 0 0"});
}

TEST_CASE("a path or host of any length makes a short group") {
    RedTable table({.by = by_path | by_host, .raw_paths = true});
    Exchange e = get('/' + std::string(100'000, 'x'));
    e.request.host = std::string(100'000, 'h');
    table.add(e);
    e.request.target += "y";
    table.add(e);
    const std::vector<RedRecord> records = table.take(ten_seconds);
    REQUIRE(records.size() == 1);
    CHECK(records[0].path->size() == 256);
    CHECK(records[0].host->size() == 256);
}

TEST_CASE("sums of sizes that others made up stop at the greatest number") {
    RedTable table({});
    Exchange e = full_exchange();
    e.response.body_bytes = std::numeric_limits<std::uint64_t>::max() - 1;
    table.add(e);
    table.add(e);
    CHECK(table.take(ten_seconds).at(0).summary.response_bytes == std::numeric_limits<std::uint64_t>::max());
}

TEST_CASE("rows come in the order asked for, the others last") {
    const auto order_by = [](const char* order) {
        RedTable table({.by = by_path, .order = parse_red_order(order).value(), .limit = 3});
        for (int i = 0; i < 3; ++i) table.add(get("/busy", 200, 1ms));
        for (int i = 0; i < 2; ++i) table.add(get("/failing", 500, 2ms));
        table.add(get("/slow", 200, 9ms));
        for (int i = 0; i < 9; ++i) table.add(get("/late", 500, 9s));
        std::string names;
        for (const RedRecord& record : table.take(ten_seconds)) names += name_of(record) + ' ';
        return names;
    };
    CHECK(order_by("requests") == "/busy /failing /slow (other) ");
    CHECK(order_by("rate") == "/busy /failing /slow (other) ");
    CHECK(order_by("errors") == "/failing /busy /slow (other) ");
    CHECK(order_by("name") == "/busy /failing /slow (other) ");
    for (const char* slowness : {"mean", "p50", "p90", "p99", "max"})
        CHECK(order_by(slowness) == "/slow /failing /busy (other) ");
}

TEST_CASE("keys and orders are read, and what is none is refused") {
    CHECK(parse_red_keys("pod") == by_pod);
    CHECK(parse_red_keys("client,path") == (by_client | by_path));
    CHECK(parse_red_keys("path,path") == by_path);
    for (const char* wrong : {"", ",", "pod,", ",pod", "pods", "Pod", "pod path"}) {
        CAPTURE(wrong);
        CHECK(!parse_red_keys(wrong));
    }
    CHECK(parse_red_order("name") == RedOrder::name);
    CHECK(parse_red_order("p99") == RedOrder::p99);
    CHECK(!parse_red_order(""));
    CHECK(!parse_red_order("p95"));
}
