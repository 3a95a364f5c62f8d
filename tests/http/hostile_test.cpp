// What peers can say to make a tracer read memory that is gone, lose sight of others or give secrets away.
#include <doctest/doctest.h>

#include <string>

#include "messages.hpp"

using namespace podsnoop;
using namespace podsnoop::test;

namespace {

const std::string put_continue = "PUT /f HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n";

}  // namespace

TEST_CASE("a request that waits for 100 is upgraded instead, and what looks like a request follows") {
    Talk talk;
    talk.open();
    talk.send(Talk::client, put_continue);
    talk.send(Talk::server, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n");
    talk.send(Talk::client, get_a);
    talk.finish();
    CHECK(talk.collector.lines == Lines{"PUT /f 101 body 0/0 upgraded early"});
    CHECK(talk.ledger.tunnel_bytes == get_a.size());
}

TEST_CASE("a request that waits for 100 is refused, and its answer is lost track of") {
    Talk talk;
    talk.open();
    talk.send(Talk::client, put_continue);
    talk.send(Talk::server, "HTTP/1.1 401 Unauthorized\r\nTransfer-Encoding: chunked\r\n\r\nno chunk\r\n");
    talk.send(Talk::client, get_a);
    talk.finish();
    REQUIRE(talk.collector.lines.size() == 2);
    CHECK(talk.collector.lines[0] == "PUT /f 401 body 0/0 gap early");
}

TEST_CASE("a request that waits for 100 is refused, and sends a body all the same that the filter skips") {
    Talk talk({}, true);
    talk.open();
    talk.send(Talk::client, put_continue);
    talk.send(Talk::server, ok);
    talk.lose(Talk::client, 4);
    talk.send(Talk::client, get_a);
    talk.send(Talk::server, ok);
    talk.finish();
    CHECK(talk.collector.lines == Lines{"PUT /f 200 body 4/2 complete early", "GET /a 200 body 0/2 complete"});
}

TEST_CASE("an upgrade whose head came in pieces is known by its protocol") {
    Talk talk;
    talk.open();
    talk.send(Talk::client, "GET /ws HTTP/1.1\r\nUpgrade: websocket\r\n\r\n");
    talk.send(Talk::server, "HTTP/1.1 101 Switching Protocols\r\nX: " + std::string(2000, 'x') + "\r\n");
    talk.send(Talk::server, "Upgrade: websocket\r\n\r\n");
    CHECK(talk.ledger.tunnels_websocket == 1);
    talk.finish();
}

TEST_CASE("an answer that comes too late says so itself, though nothing else moved the time") {
    Talk talk;
    talk.open();
    talk.send(Talk::client, get_a);
    SUBCASE("too late") {
        talk.pass(HttpOptions{}.timeout);
        talk.send(Talk::server, ok);
        CHECK(talk.collector.lines == Lines{"GET /a - body 0/- timeout"});
    }
    SUBCASE("just in time") {
        talk.pass(HttpOptions{}.timeout - std::chrono::seconds(1));
        talk.send(Talk::server, ok);
        CHECK(talk.collector.lines == Lines{"GET /a 200 body 0/2 complete"});
    }
    talk.finish();
    CHECK(talk.collector.lines.size() == 1);
}

TEST_CASE("requests that were told as timeout leave room for new ones") {
    HttpOptions options;
    options.exchanges = 2;
    Talk talk(options);
    for (const std::uint16_t port : {std::uint16_t{40000}, std::uint16_t{40001}}) {
        talk.client_port = port;
        talk.open();
        talk.send(Talk::client, get_a);
    }
    talk.wait(options.timeout);
    CHECK(talk.collector.lines == Lines{"GET /a - body 0/- timeout", "GET /a - body 0/- timeout"});
    talk.client_port = 40002;
    talk.open();
    talk.send(Talk::client, get_a);
    talk.send(Talk::server, ok);
    REQUIRE(talk.collector.lines.size() == 3);
    CHECK(talk.collector.lines[2] == "GET /a 200 body 0/2 complete");
    talk.finish();
    CHECK(talk.ledger.requests_by_end[static_cast<std::size_t>(ExchangeEnd::evicted)] == 0);
    CHECK(talk.collector.lines.size() == 3);
}

TEST_CASE("connections that hold segments back at the same time end it in any order") {
    constexpr std::uint16_t first_port = 40000;
    for (const std::vector<unsigned>& order : {std::vector<unsigned>{0, 1, 2}, {2, 1, 0}, {1, 0, 2}, {1, 2, 0}}) {
        Talk talk;
        std::vector<Segment> heads;
        for (unsigned i = 0; i < order.size(); ++i) {
            talk.client_port = static_cast<std::uint16_t>(first_port + i);
            talk.open();
            Segment head = talk.make(Talk::client, get_a);
            Segment rest = head;
            rest.seq += 5;
            rest.payload = head.payload.subspan(5);
            rest.length -= 5;
            head.payload = head.payload.first(5);
            head.length = 5;
            heads.push_back(head);
            talk.segment(rest);
        }
        for (const unsigned i : order) talk.segment(heads[i]);
        talk.wait(std::chrono::seconds(10));  // what is held no more is not given up
        talk.finish();
        CHECK(talk.collector.lines == Lines(3, "GET /a - body 0/- capture-end"));
    }
}

TEST_CASE("texts of exchanges under way take bounded memory") {
    HttpOptions options;
    options.exchange_text_bytes = 100'000;
    Talk talk(options);
    talk.open();
    const std::string target(20'000, 'x');
    for (int i = 0; i < 20; ++i) talk.send(Talk::client, "GET /" + target + " HTTP/1.1\r\n\r\n");
    CHECK(talk.collector.lines.size() == 16);  // four fit
    talk.finish();
    CHECK(talk.collector.lines.size() == 20);
    CHECK(talk.ledger.requests_by_end[static_cast<std::size_t>(ExchangeEnd::evicted)] == 16);
}

TEST_CASE("responses that never end leave room for other exchanges, and each is told") {
    HttpOptions options;
    options.exchanges = 4;
    Talk talk(options);
    for (std::uint16_t port = 1; port <= 10; ++port) {
        talk.client_port = port;
        talk.next[Talk::client] = 1000;
        talk.next[Talk::server] = 5000;
        talk.open();
        talk.send(Talk::client, get_a);
        talk.send(Talk::server, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n");
    }
    CHECK(talk.collector.lines == Lines(6, "GET /a 200 body 0/1 evicted"));
    talk.finish();
    CHECK(talk.collector.lines.size() == 10);
}

TEST_CASE("answers that belong to no request cost the same however many requests wait") {
    Talk talk;
    std::string requests;
    for (int i = 0; i < 1000; ++i) requests += get_a;
    talk.send(Talk::client, requests);
    const std::string orphan = "HTTP/1.1 304\r\n\r\n";
    talk.lose(Talk::server, 100);
    std::string answers;
    for (int i = 0; i < 2000; ++i) answers += orphan;
    const auto started = std::chrono::steady_clock::now();
    for (int i = 0; i < 50; ++i) talk.send(Talk::server, answers);
    // 100,000 answers compared with 1,000 requests each took many seconds; this takes some hundredths of one.
    CHECK(std::chrono::steady_clock::now() - started < std::chrono::seconds(3));
    talk.finish();
    CHECK(talk.ledger.responses_orphan == 100'000);
    CHECK(talk.ledger.requests_seen == 1000);
}

TEST_CASE("what is masked shows no secret that stands where a name is expected") {
    const auto masked = [](const std::string& field) {
        HttpOptions options;
        options.headers = {"Authorization", "Cookie"};
        Talk talk(options);
        talk.open();
        talk.send(Talk::client, "GET / HTTP/1.1\r\n" + field + "\r\n\r\n");
        talk.finish();
        REQUIRE(talk.collector.exchanges.size() == 1);
        REQUIRE(talk.collector.exchanges[0].request.headers.size() == 1);
        return talk.collector.exchanges[0].request.headers[0].value;
    };
    CHECK(masked("Cookie: secret; a=b") == "***");
    CHECK(masked("Cookie: a=b; secret") == "a=***");
    CHECK(masked("Authorization: Bearer\tsecret secret") == "***");
    CHECK(masked("Authorization: c2VjcmV0= x") == "***");
    CHECK(masked("Authorization: Basic c2VjcmV0") == "Basic ***");
}
