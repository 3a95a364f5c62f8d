// What else a conversation shows: phases, protocols, hints, header fields.
#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include "messages.hpp"

using namespace podsnoop;
using namespace podsnoop::test;

TEST_CASE("the phases of an exchange are measured where product users expect them") {
    Talk talk;
    talk.open();
    talk.send(Talk::client, "POST /a HTTP/1.1\r\nContent-Length: 3\r\n\r\n");
    talk.wait(std::chrono::milliseconds(9));
    talk.send(Talk::client, "abc");
    talk.send(Talk::server, "HTTP/1.1 100 Continue\r\n\r\n");
    talk.wait(std::chrono::milliseconds(18));
    talk.send(Talk::server, ok.substr(0, ok.size() - 1));
    talk.wait(std::chrono::milliseconds(29));
    talk.send(Talk::server, "k");
    REQUIRE(talk.collector.exchanges.size() == 1);
    const Latency& latency = talk.collector.exchanges[0].latency;
    CHECK(latency.connect == std::chrono::milliseconds(2));
    CHECK(latency.request == std::chrono::milliseconds(10));
    CHECK(latency.wait == std::chrono::milliseconds(20));
    CHECK(latency.response == std::chrono::milliseconds(30));
    CHECK(latency.total == std::chrono::milliseconds(60));
    talk.finish();
}

TEST_CASE("a head that came in pieces is read before it is forgotten") {
    Talk talk;
    talk.open();
    talk.send(Talk::client, get_a);
    talk.send(Talk::server, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: ");
    talk.send(Talk::server, "websocket\r\n\r\n");
    talk.finish();
    CHECK(talk.collector.lines == Lines{"GET /a 101 body 0/0 upgraded"});
    CHECK(talk.ledger.tunnels_websocket == 1);
}

TEST_CASE("other protocols are recognised, and the capture is told to leave them out") {
    Talk talk;
    talk.open();
    talk.send(Talk::client, std::string("\x16\x03\x01\x02\x00\x01", 6));
    talk.client_port = 40001;
    talk.open();
    talk.send(Talk::client, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    talk.client_port = 40002;
    talk.open();
    talk.send(Talk::client, "*1\r\n$4\r\nPING\r\n");
    talk.finish();
    CHECK(talk.ledger.connections_tls == 1);
    CHECK(talk.ledger.connections_http2 == 1);
    CHECK(talk.ledger.connections_other == 1);
    CHECK(talk.collector.hints.size() == 6);
    CHECK(talk.collector.lines.empty());
    CHECK(talk.collector.begun == 0);
}

TEST_CASE("of a connection that is told elsewhere the capture is told to leave out everything, which is no loss") {
    Talk talk({}, true);
    talk.collector.elsewhere = true;
    talk.open();
    talk.send(Talk::client, get_a);
    talk.send(Talk::server, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    talk.lose(Talk::client, 1'000'000);  // as the capture does from then on
    talk.lose(Talk::server, 300'000'000);
    talk.fin(Talk::client);
    talk.fin(Talk::server);
    talk.finish();
    CHECK(talk.collector.lines.empty());
    CHECK(talk.collector.begun == 0);
    CHECK(talk.ledger.connections_elsewhere == 1);
    CHECK(talk.ledger.requests_seen == 0);
    CHECK(talk.ledger.bytes_gap == 0);
    REQUIRE(talk.collector.hints.size() == 2);
    for (const FlowHint& hint : talk.collector.hints) CHECK(hint.kind == FlowHint::Kind::elsewhere);
    CHECK(talk.collector.hints[0].source.port == talk.collector.hints[1].destination.port);
}

TEST_CASE("a head that is cut short and told elsewhere is told there") {
    Talk talk;
    talk.collector.elsewhere = true;
    talk.open();
    talk.send(Talk::client, "GET /a HTTP/1.1\r\nHost: shop\r\n");
    talk.fin(Talk::client);
    talk.fin(Talk::server);
    talk.finish();
    CHECK(talk.collector.lines.empty());
    CHECK(talk.ledger.connections_elsewhere == 1);
    CHECK(talk.ledger.requests_seen == 0);
}

TEST_CASE("TLS is recognised in the middle of a connection, and WebSocket by its upgrade") {
    Talk tls;
    tls.send(Talk::server, std::string("\x17\x03\x03\x00\x20", 5) + std::string(32, 'x'));
    CHECK(tls.ledger.connections_tls == 1);
    CHECK(tls.collector.hints.size() == 2);
    tls.finish();

    Talk socket;
    socket.open();
    socket.send(Talk::client, "GET /ws HTTP/1.1\r\nUpgrade: websocket\r\n\r\n");
    socket.send(Talk::server, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: WebSocket\r\n\r\nabc");
    socket.send(Talk::client, "defg");
    socket.finish();
    CHECK(socket.collector.begun == 1);
    CHECK(socket.ledger.tunnels == 1);
    CHECK(socket.ledger.tunnels_websocket == 1);
    CHECK(socket.ledger.tunnel_bytes == 7);
}

TEST_CASE("a long body that keeps coming makes a hint of where it ends") {
    Talk talk;
    talk.open();
    talk.send(Talk::client, get_a);
    talk.send(Talk::server, big_head(1'000'000));
    CHECK(talk.collector.hints.empty());
    talk.send(Talk::server, std::string(1000, 'x'));
    REQUIRE(talk.collector.hints.size() == 1);
    const FlowHint& hint = talk.collector.hints[0];
    CHECK(hint.kind == FlowHint::Kind::body);
    CHECK(hint.from == talk.next[Talk::server]);
    CHECK(hint.length == 999'000);
    CHECK(hint.source.port == 80);
    talk.send(Talk::server, std::string(1000, 'x'));
    CHECK(talk.collector.hints.size() == 1);
    talk.finish();
}

TEST_CASE("header fields asked for are kept, and secrets are masked") {
    const std::string request =
        "GET / HTTP/1.1\r\nUser-Agent: x\r\nAuthorization: Bearer abc\r\ncookie: a=1; b=2\r\nOther: y\r\n\r\n";
    for (const bool show : {false, true}) {
        HttpOptions options;
        options.headers = {"user-agent", "AUTHORIZATION", "Cookie", "Set-Cookie"};
        options.show_secrets = show;
        options.body_preview = 1;
        Talk talk(options);
        talk.open();
        talk.send(Talk::client, request);
        talk.send(Talk::server, "HTTP/1.1 200 OK\r\nSet-Cookie: sid=42; Path=/\r\nContent-Length: 2\r\n\r\nok");
        talk.finish();
        REQUIRE(talk.collector.exchanges.size() == 1);
        const Exchange& exchange = talk.collector.exchanges[0];
        REQUIRE(exchange.request.headers.size() == 3);
        CHECK(exchange.request.headers[0].value == "x");
        CHECK(exchange.request.headers[1].value == (show ? "Bearer abc" : "Bearer ***"));
        CHECK(exchange.request.headers[2].value == (show ? "a=1; b=2" : "a=***"));
        REQUIRE(exchange.response.headers.size() == 1);
        CHECK(exchange.response.headers[0].value == (show ? "sid=42; Path=/" : "sid=***"));
        CHECK(exchange.response.body_preview == "o");
    }
}
