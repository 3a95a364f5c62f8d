// What is told when a limit is reached, and that it holds.
#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include "messages.hpp"

using namespace podsnoop;
using namespace podsnoop::test;

TEST_CASE("the table of connections is bounded, and what it loses is told and counted") {
    ReassemblyLimits limits;
    limits.connections = 10;
    Talk talk({}, false, limits);
    for (std::uint16_t port = 1; port <= 25; ++port) {
        talk.client_port = port;
        talk.next[Talk::client] = 1000;
        talk.next[Talk::server] = 5000;
        talk.open();
        talk.send(Talk::client, get_a);
    }
    talk.finish();
    REQUIRE(talk.collector.lines.size() == 25);
    CHECK(std::ranges::count(talk.collector.lines, "GET /a - body 0/- evicted") == 15);
    CHECK(std::ranges::count(talk.collector.lines, "GET /a - body 0/- capture-end") == 10);
}

TEST_CASE("unanswered requests of one connection are bounded, and later ones still find their answers") {
    HttpOptions options;
    options.exchanges_per_connection = 4;
    Talk talk(options);
    talk.open();
    for (int i = 0; i < 10; ++i) talk.send(Talk::client, get_a);
    CHECK(std::ranges::count(talk.collector.lines, "GET /a - body 0/- evicted") +
              std::ranges::count(talk.collector.lines, "GET /a - body 0/- evicted pipelined") ==
          6);
    for (int i = 0; i < 10; ++i) talk.send(Talk::server, ok);
    talk.send(Talk::client, get_b);
    talk.send(Talk::server, created);
    CHECK(talk.collector.lines.back().starts_with("GET /b 201 body 0/3 complete"));
    talk.finish();
    CHECK(talk.ledger.requests_seen == 11);
}

TEST_CASE("exchanges under way are bounded over all connections") {
    HttpOptions options;
    options.exchanges = 8;
    Talk talk(options);
    for (std::uint16_t port = 1; port <= 20; ++port) {
        talk.client_port = port;
        talk.next[Talk::client] = 1000;
        talk.next[Talk::server] = 5000;
        talk.open();
        talk.send(Talk::client, get_a);
    }
    talk.finish();
    CHECK(std::ranges::count(talk.collector.lines, "GET /a - body 0/- evicted") == 12);
    CHECK(std::ranges::count(talk.collector.lines, "GET /a - body 0/- capture-end") == 8);
}

TEST_CASE("unfinished heads take bounded memory over all connections") {
    HttpOptions options;
    options.partial_head_bytes = 100'000;
    Talk talk(options);
    for (std::uint16_t port = 1; port <= 50; ++port) {
        talk.client_port = port;
        talk.next[Talk::client] = 1000;
        talk.next[Talk::server] = 5000;
        talk.open();
        talk.send(Talk::client, "GET /slow HTTP/1.1\r\nX: ");
        for (int i = 0; i < 10; ++i) talk.send(Talk::client, std::string(1000, 'x'));
    }
    talk.finish();
    CHECK(talk.ledger.requests_seen == 50);
    CHECK(talk.ledger.heads_truncated == 50);
}

TEST_CASE("the memory of unfinished heads is given back however they end") {
    HttpOptions options;
    options.partial_head_bytes = 300;
    Talk talk(options);
    const auto next_connection = [&] {
        ++talk.client_port;
        talk.next[Talk::client] = 1000;
        talk.next[Talk::server] = 5000;
        talk.open();
    };
    for (int i = 0; i < 10; ++i) {
        next_connection();
        talk.send(Talk::client, "CONNECT h:1 HTTP/1.1\r\n\r\nGET /never HTTP/1.1\r\n");
        talk.send(Talk::server, "HTTP/1.1 200 OK\r\n\r\n");  // what follows CONNECT was no head
        next_connection();
        talk.send(Talk::client, get_a.substr(0, 20));
        talk.lose(Talk::client, 10);
        talk.send(Talk::client, get_b);
        talk.wait(std::chrono::seconds(3));
    }
    next_connection();
    talk.send(Talk::client, get_c.substr(0, 20));
    talk.send(Talk::client, get_c.substr(20));
    talk.send(Talk::server, ok);
    CHECK(talk.collector.lines.back() == "GET /c 200 body 0/2 complete");
    talk.finish();
}

TEST_CASE("a request that was evicted from between others leaves room in its connection") {
    HttpOptions options;
    options.exchanges = options.exchanges_per_connection = 3;
    Talk talk(options);
    talk.client_port = 1;
    talk.open();
    talk.send(Talk::client, get_a);
    talk.send(Talk::server, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345");
    talk.send(Talk::client, get_a);
    talk.send(Talk::client, get_a);
    const std::uint32_t next[2] = {talk.next[Talk::client], talk.next[Talk::server]};
    // Another connection takes the place of the second one, and gives it back.
    talk.client_port = 2;
    talk.next[Talk::client] = 1000;
    talk.next[Talk::server] = 5000;
    talk.open();
    talk.send(Talk::client, get_b);
    talk.send(Talk::server, created);
    talk.client_port = 1;
    talk.next[Talk::client] = next[0];
    talk.next[Talk::server] = next[1];
    talk.send(Talk::client, get_a);
    talk.send(Talk::server, "67890");
    talk.finish();
    CHECK(talk.ledger.requests_by_end[static_cast<std::size_t>(ExchangeEnd::evicted)] == 1);
    CHECK(talk.ledger.requests_by_end[static_cast<std::size_t>(ExchangeEnd::complete)] == 2);
    CHECK(talk.ledger.requests_by_end[static_cast<std::size_t>(ExchangeEnd::capture_end)] == 2);
}
