#include "stats/edges.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "event/fields_edge.hpp"
#include "exchanges.hpp"
#include "print/record_printer.hpp"

using namespace podsnoop;
using namespace std::chrono_literals;

namespace {

constexpr Interval ten_seconds{some_time, 10s};

std::vector<std::string> lines(const std::vector<EdgeRecord>& edges) {
    std::vector<std::string> lines;
    for (const EdgeRecord& each : edges)
        lines.push_back((each.other ? "(other)" : each.client.name() + " -> " + each.server.name()) + ' ' +
                        std::to_string(each.summary.requests) + ' ' + std::to_string(each.summary.errors) + ' ' +
                        std::to_string(each.summary.unanswered));
    return lines;
}

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("edges are from a client to a server's port, the busiest first") {
    const Pod cart{"shop", "cart-0", "u1", "app"}, web{"shop", "web-0", "u2", "app"};
    EdgeTable table;
    Exchange e = full_exchange();
    e.client.pod = &web;
    e.server.pod = &cart;
    for (std::uint16_t port = 40'000; port < 40'005; ++port) {
        e.client.endpoint.port = port;  // another one with each connection
        table.add(e);
    }
    e.response.status = 502;
    table.add(e);
    e.server.endpoint.port = 9090;
    table.add(e);
    e.client.pod = nullptr;
    e.client.comm = "curl";
    e.server.pod = nullptr;
    e.end = ExchangeEnd::closed;
    e.response = {};
    table.add(e);
    table.add(e);
    e.client.comm = "wget";  // another process of the same machine
    table.add(e);
    e.request = {};  // a response alone
    table.add(e);
    CHECK(lines(table.take(ten_seconds)) ==
          Lines{"shop/web-0 -> shop/cart-0:8080 6 1 0", "10.244.0.7 (curl) -> 10.244.0.9:9090 2 0 2",
                "10.244.0.7 (wget) -> 10.244.0.9:9090 1 0 1", "shop/web-0 -> shop/cart-0:9090 1 1 0"});
    CHECK(table.take(ten_seconds).empty());
}

TEST_CASE("a client's container is not told: any of the pod's may have asked") {
    const Pod web{"shop", "web-0", "u2", "app"};
    EdgeTable table;
    Exchange e = full_exchange();
    e.client.pod = &web;
    table.add(e);
    CHECK(table.take(ten_seconds).at(0).client.pod->container.empty());
}

TEST_CASE("beyond the limit all edges are one, and no request is lost") {
    EdgeTable table(5);
    Exchange e = full_exchange();
    for (unsigned i = 0; i < 70'000; ++i) {
        e.client.endpoint.address = ipv4(11, i >> 16 & 0xff, i >> 8 & 0xff, i & 0xff);
        table.add(e);
    }
    const std::vector<EdgeRecord> edges = table.take(ten_seconds);
    REQUIRE(edges.size() == 6);
    CHECK(lines({edges.back()}) == Lines{"(other) 69995 0 0"});
}

TEST_CASE("an edge as JSON; the edge of all others has no ends") {
    EdgeTable table(1);
    Exchange e = full_exchange();
    table.add(e);
    e.client.endpoint.address = ipv4(11, 0, 0, 1);
    table.add(e);
    RecordPrinter<EdgeRecord> printer({.format = Format::json});
    std::string out;
    for (const EdgeRecord& each : table.take(ten_seconds)) printer.print(out, each);
    CHECK(out ==
          R"({"type":"edge","time":"2026-11-21T07:49:25.123456789Z","interval_s":10,)"
          R"("client":{"pod":null,"address":"10.244.0.7","comm":null},)"
          R"("server":{"pod":null,"address":"10.244.0.9","port":8080,"comm":null},"other":false,)"
          R"("requests":1,"errors":0,"unanswered":0,"rate":0.1,"latency_us":{"p50":2066,"p99":2066,"measured":1},)"
          R"("request_bytes":312,"response_bytes":5270})"
          "\n"
          R"({"type":"edge","time":"2026-11-21T07:49:25.123456789Z","interval_s":10,"client":null,"server":null,"other":true,)"
          R"("requests":1,"errors":0,"unanswered":0,"rate":0.1,"latency_us":{"p50":2066,"p99":2066,"measured":1},)"
          R"("request_bytes":312,"response_bytes":5270})"
          "\n");
}
