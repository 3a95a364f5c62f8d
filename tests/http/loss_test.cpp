// What reassembly and pairing make of streams that did not arrive as they were sent.
#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include "conversation.hpp"

namespace doctest {
template <>
struct StringMaker<std::vector<std::string>> {
    static String convert(const std::vector<std::string>& lines) {
        std::string text;
        for (const std::string& line : lines) text += "\n  " + line;
        return text.c_str();
    }
};
}  // namespace doctest

using namespace podsnoop;
using namespace podsnoop::test;
using Lines = std::vector<std::string>;
using Talk = test::Conversation;

namespace {

const std::string get_a = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n";
const std::string get_b = "GET /b HTTP/1.1\r\nHost: h\r\n\r\n";
const std::string get_c = "GET /c HTTP/1.1\r\nHost: h\r\n\r\n";
const std::string ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const std::string created = "HTTP/1.1 201 Created\r\nContent-Length: 3\r\n\r\nnew";

std::string big_head(std::size_t length) { return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(length) + "\r\n\r\n"; }

}  // namespace

TEST_CASE("a segment sent twice is told once") {
    Talk talk;
    talk.open();
    const Segment request = talk.make(Talk::client, get_a);
    talk.segment(request);
    talk.segment(request);
    const Segment response = talk.make(Talk::server, ok);
    talk.segment(response);
    talk.segment(response);
    talk.finish();
    CHECK(talk.collector.lines == Lines{"GET /a 200 body 0/2 complete retransmit"});
}

TEST_CASE("a keep-alive probe is no retransmission") {
    Talk talk;
    talk.open();
    talk.send(Talk::client, get_a);
    Segment probe = talk.make(Talk::client, {});
    probe.seq -= 1;
    talk.segment(probe);
    const std::string garbage(1, '\0');
    probe.payload = as_bytes(garbage);
    probe.length = 1;
    talk.segment(probe);
    talk.send(Talk::server, ok);
    talk.finish();
    CHECK(talk.collector.lines == Lines{"GET /a 200 body 0/2 complete"});
}

TEST_CASE("segments out of order and overlapping give the same exchange") {
    Talk talk;
    talk.open();
    talk.send(Talk::client, get_a);
    const std::string body(100, 'x');
    const std::string response = big_head(100) + body;
    const Segment whole = talk.make(Talk::server, response);
    const auto piece = [&](std::uint32_t from, std::uint32_t to) {
        Segment part = whole;
        part.seq += from;
        part.payload = whole.payload.subspan(from, to - from);
        part.length = to - from;
        return part;
    };
    talk.segment(piece(60, 100));
    talk.segment(piece(20, 70));
    talk.segment(piece(110, whole.length));
    talk.segment(piece(0, 30));
    talk.segment(piece(95, 115));
    talk.finish();
    CHECK(talk.collector.lines == Lines{"GET /a 200 body 0/100 complete retransmit"});
    CHECK(talk.ledger.bytes_gap == 0);
}

TEST_CASE("sequence numbers wrap in the middle of a message") {
    Talk talk;
    talk.next[Talk::client] = 0xfffffff0;
    talk.next[Talk::server] = 0xffffffff;
    talk.open();
    talk.send(Talk::client, get_a);
    talk.send(Talk::server, ok.substr(0, 5));
    talk.send(Talk::server, ok.substr(5));
    talk.send(Talk::client, get_b);
    talk.send(Talk::server, created);
    talk.finish();
    CHECK(talk.collector.lines == Lines{"GET /a 200 body 0/2 complete", "GET /b 201 body 0/3 complete"});
}

TEST_CASE("a response that the capture shows before its request waits for it") {
    Talk talk;
    talk.open();
    const Segment request = talk.make(Talk::client, get_a);
    const Segment response = talk.make(Talk::server, ok);
    talk.segment(response);
    talk.segment(request);
    talk.finish();
    CHECK(talk.collector.lines == Lines{"GET /a 200 body 0/2 complete"});
}

TEST_CASE("a SYN may carry data") {
    Talk talk;
    Segment syn = talk.make(Talk::client, get_a);
    syn.flags = tcp_syn;
    ++talk.next[Talk::client];
    talk.segment(syn);
    Segment answer = talk.make(Talk::server, {});
    answer.flags = tcp_syn | tcp_ack;
    ++talk.next[Talk::server];
    talk.segment(answer);
    talk.send(Talk::server, ok);
    talk.finish();
    CHECK(talk.collector.lines == Lines{"GET /a 200 body 0/2 complete"});
}

TEST_CASE("a SYN sent again is the same connection, and the handshake is measured from the first") {
    Talk talk;
    Segment syn = talk.make(Talk::client, {});
    syn.flags = tcp_syn;
    talk.segment(syn);
    talk.open();
    talk.send(Talk::client, get_a);
    talk.send(Talk::server, ok);
    talk.send(Talk::client, get_b);
    talk.send(Talk::server, ok);
    talk.finish();
    REQUIRE(talk.collector.exchanges.size() == 2);
    CHECK(talk.collector.exchanges[0].latency.connect == std::chrono::milliseconds(3));
    CHECK_FALSE(talk.collector.exchanges[1].latency.connect);
}

TEST_CASE("the same ports again, after a close and without one, are another connection") {
    for (const bool closed : {true, false}) {
        CAPTURE(closed);
        Talk talk;
        talk.open();
        talk.send(Talk::client, get_a);
        if (closed) {
            talk.send(Talk::server, ok);
            talk.fin(Talk::server);
            talk.fin(Talk::client);
        }
        talk.next[Talk::client] += 1'000'000;
        talk.next[Talk::server] += 1'000'000;
        talk.open();
        talk.send(Talk::client, get_b);
        talk.send(Talk::server, created);
        talk.finish();
        CHECK(talk.collector.lines ==
              Lines{closed ? "GET /a 200 body 0/2 complete" : "GET /a - body 0/- closed", "GET /b 201 body 0/3 complete"});
    }
}

TEST_CASE("a whole connection seen again at another interface, late, is a copy") {
    Talk talk;
    std::vector<Segment> sent;
    const auto send = [&](Segment segment) {
        sent.push_back(segment);
        talk.segment(segment);
    };
    const auto plain = [&](Talk::Side side, std::string_view bytes, unsigned flags) {
        Segment segment = talk.make(side, bytes);
        segment.flags |= static_cast<std::uint8_t>(flags);
        if ((flags & (tcp_syn | tcp_fin)) != 0) ++talk.next[side];
        send(segment);
    };
    Segment syn = talk.make(Talk::client, {});
    syn.flags = tcp_syn;
    ++talk.next[Talk::client];
    send(syn);
    plain(Talk::server, {}, tcp_syn);
    plain(Talk::client, get_a, 0);
    plain(Talk::server, ok, 0);
    plain(Talk::server, {}, tcp_fin);
    plain(Talk::client, {}, tcp_fin);
    for (Segment segment : sent) {
        segment.interface = 9;
        talk.segment(segment);
    }
    talk.finish();
    CHECK(talk.collector.lines == Lines{"GET /a 200 body 0/2 complete"});
}

TEST_CASE("segments after the close open nothing") {
    Talk talk;
    talk.open();
    talk.send(Talk::client, get_a);
    const Segment response = talk.make(Talk::server, ok);
    talk.segment(response);
    talk.fin(Talk::server);
    talk.fin(Talk::client);
    talk.segment(response);
    talk.finish();
    CHECK(talk.collector.lines == Lines{"GET /a 200 body 0/2 complete"});
}

TEST_CASE("an acknowledgment of more than was sent before a FIN is no reason to wait") {
    Talk talk;
    talk.open();
    talk.send(Talk::client, get_a);
    talk.fin(Talk::client);
    Segment response = talk.make(Talk::server, ok);
    response.ack += 100;
    talk.segment(response);
    CHECK(talk.collector.lines == Lines{"GET /a 200 body 0/2 complete"});
    talk.finish();
}

TEST_CASE("bytes lost inside a body are counted and flagged, and the next exchange is right") {
    Talk talk;
    talk.open();
    talk.send(Talk::client, get_a);
    talk.send(Talk::server, big_head(1000) + std::string(100, 'x'));
    talk.lose(Talk::server, 500);
    talk.send(Talk::server, std::string(400, 'x'));
    talk.send(Talk::client, get_b);
    talk.send(Talk::server, ok);
    talk.finish();
    CHECK(talk.collector.lines == Lines{"GET /a 200 body 0/1000 complete body-gap", "GET /b 200 body 0/2 complete"});
    CHECK(talk.ledger.requests_seen == 2);
}

TEST_CASE("a response whose head is lost costs its own exchange only") {
    Talk talk;
    talk.open();
    talk.send(Talk::client, get_a);
    talk.lose(Talk::server, ok.size());
    talk.send(Talk::client, get_b);
    talk.send(Talk::server, created);
    talk.send(Talk::client, get_c);
    talk.send(Talk::server, ok);
    talk.finish();
    CHECK(talk.collector.lines ==
          Lines{"GET /a - body 0/- gap", "GET /b 201 body 0/3 complete", "GET /c 200 body 0/2 complete"});
}

TEST_CASE("a request that is lost leaves an answer without request, and no pair is off by one") {
    Talk talk;
    talk.open();
    talk.send(Talk::client, get_a);
    talk.send(Talk::server, ok);
    talk.lose(Talk::client, get_b.size());
    talk.send(Talk::server, created);
    talk.send(Talk::client, get_c);
    talk.send(Talk::server, ok);
    talk.finish();
    CHECK(talk.collector.lines ==
          Lines{"GET /a 200 body 0/2 complete", "- 201 body -/3 complete", "GET /c 200 body 0/2 complete"});
    CHECK(talk.ledger.responses_orphan == 1);
}

TEST_CASE("one of three pipelined answers is lost: nobody gets another's") {
    Talk talk;
    talk.open();
    talk.send(Talk::client, get_a + get_b + get_c);
    talk.send(Talk::server, ok);
    talk.lose(Talk::server, created.size());
    talk.send(Talk::server, ok);
    talk.send(Talk::client, get_a);
    talk.send(Talk::server, ok);
    talk.finish();
    CHECK(talk.collector.lines == Lines{"GET /a 200 body 0/2 complete", "GET /b - body 0/- gap pipelined",
                                        "GET /c - body 0/- gap pipelined", "GET /a 200 body 0/2 complete"});
}

TEST_CASE("after a gap in chunked framing, text that looks like a message is none") {
    Talk talk;
    talk.open();
    talk.send(Talk::client, get_a);
    talk.send(Talk::server, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab");
    talk.lose(Talk::server, 10);
    talk.send(Talk::server, created);
    talk.send(Talk::client, get_b);
    talk.send(Talk::server, ok);
    talk.finish();
    CHECK(talk.collector.lines == Lines{"GET /a 200 body 0/5 gap body-gap", "GET /b 200 body 0/2 complete"});
}

TEST_CASE("after a gap in a chunked request body, text that looks like a request is none") {
    Talk talk;
    talk.open();
    talk.send(Talk::client, "POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab");
    talk.lose(Talk::client, 10);
    talk.send(Talk::client, get_b);
    talk.wait(std::chrono::seconds(3));
    talk.send(Talk::client, get_b);
    talk.send(Talk::server, ok);
    talk.send(Talk::client, get_c);
    talk.send(Talk::server, ok);
    talk.finish();
    CHECK(talk.collector.lines == Lines{"POST /a 200 body 5/2 gap body-gap", "GET /c 200 body 0/2 complete"});
}

TEST_CASE("what is left of a request whose first byte was lost is no request of another method") {
    Talk talk;
    talk.open();
    talk.send(Talk::client, get_a);
    talk.send(Talk::server, ok);
    talk.lose(Talk::client, 1);
    talk.send(Talk::client, "EAD /b HTTP/1.1\r\n\r\n");
    talk.send(Talk::server, big_head(1000));
    talk.send(Talk::client, get_c);
    talk.send(Talk::server, ok);
    talk.finish();
    CHECK(talk.collector.lines.front() == "GET /a 200 body 0/2 complete");
    CHECK(std::ranges::none_of(talk.collector.lines, [](const std::string& line) { return line.starts_with("EAD"); }));

    Talk first;
    first.open();
    first.lose(Talk::client, 1);
    first.send(Talk::client, get_a.substr(1));
    first.send(Talk::server, ok);
    first.finish();
    CHECK(first.collector.lines == Lines{"- 200 body -/2 complete"});

    Talk answered;
    answered.open();
    answered.lose(Talk::client, 1);
    answered.send(Talk::server, ok);
    answered.send(Talk::client, get_a.substr(1));
    answered.send(Talk::server, ok);
    answered.finish();
    CHECK(answered.collector.lines == Lines{"- 200 body -/2 complete", "- 200 body -/2 complete"});

    Talk unfinished;
    unfinished.open();
    unfinished.lose(Talk::client, 1);
    unfinished.send(Talk::client, get_a.substr(1, 20));
    unfinished.finish();
    CHECK(unfinished.collector.lines.empty());
}

TEST_CASE("where only one direction is seen, its half is told") {
    Talk requests;
    requests.segment([&] {
        Segment syn = requests.make(Talk::client, {});
        syn.flags = tcp_syn;
        ++requests.next[Talk::client];
        return syn;
    }());
    requests.send(Talk::client, get_a);
    requests.wait(std::chrono::seconds(61));
    CHECK(requests.collector.lines == Lines{"GET /a - body 0/- timeout"});

    Talk responses;
    responses.send(Talk::server, ok);
    responses.send(Talk::server, created);
    responses.finish();
    CHECK(responses.collector.lines == Lines{"- 200 body -/2 complete midstream", "- 201 body -/3 complete midstream"});
}

TEST_CASE("body segments that the filter skips by design leave no trace but the length") {
    Talk talk({}, true);
    talk.next[Talk::server] = 0x10000;
    talk.open();
    talk.send(Talk::client, get_a);
    const std::uint32_t start = talk.next[Talk::server];
    const std::string head = big_head(200'000);
    const std::string more(1000, 'x');
    talk.send(Talk::server, head + more);
    // What the filter keeps: headers of segments that cross a 64 KiB boundary, and of the last.
    const std::uint32_t end = start + static_cast<std::uint32_t>(head.size()) + 200'000;
    while (talk.next[Talk::server] != end) {
        const std::uint32_t from = talk.next[Talk::server];
        const std::uint32_t length = std::min<std::uint32_t>(1448, end - from);
        const std::string bytes(length, 'x');
        if ((from ^ (from + length)) >> 16 != 0 || from + length == end) talk.send_cut(Talk::server, bytes, 0);
        else talk.lose(Talk::server, length);
    }
    talk.send(Talk::client, get_b);
    talk.send(Talk::server, ok);
    CHECK(talk.collector.lines == Lines{"GET /a 200 body 0/200000 complete", "GET /b 200 body 0/2 complete"});
    talk.finish();
}

TEST_CASE("a loss that no design explains is a gap, also where the filter skips") {
    Talk talk({}, true);
    talk.next[Talk::server] = 0x10000;
    talk.open();
    talk.send(Talk::client, get_a);
    talk.send(Talk::server, big_head(200'000));
    const std::uint32_t rest = 200'000 - 66'000;
    talk.lose(Talk::server, 66'000);
    const std::string tail(rest, 'x');
    talk.send_cut(Talk::server, tail, 0);
    talk.wait(std::chrono::seconds(3));
    CHECK(talk.collector.lines == Lines{"GET /a 200 body 0/200000 complete body-gap"});
    talk.finish();
}

TEST_CASE("bytes of a body that the capture cut off are counted, and are no gap") {
    Talk talk;
    talk.open();
    talk.send(Talk::client, get_a);
    talk.send_cut(Talk::server, big_head(5000) + std::string(5000, 'x'), 100);
    talk.send(Talk::client, get_b);
    talk.send(Talk::server, ok);
    talk.finish();
    CHECK(talk.collector.lines == Lines{"GET /a 200 body 0/5000 complete", "GET /b 200 body 0/2 complete"});
}

TEST_CASE("a capture that cut heads off gives what can be told, and the next exchanges too") {
    Talk talk;
    talk.open();
    for (int i = 0; i < 2; ++i) {
        talk.send_cut(Talk::client, get_a, 20);
        talk.send_cut(Talk::server, big_head(2) + "ok", 20);
        talk.send_cut(Talk::client, get_b, 5);
        talk.send_cut(Talk::server, big_head(5000) + std::string(5000, 'x'), 38);
    }
    talk.finish();
    const std::string a = "GET /a 200 body 0/0 gap truncated-head", b = "GET / 200 body 0/5000 gap body-gap truncated-head";
    CHECK(talk.collector.lines == Lines{a, b, a, b});
    CHECK(talk.ledger.heads_truncated == 4);
}

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

TEST_CASE("a packet seen at three interfaces is one packet") {
    for (const bool midstream : {false, true}) {
        CAPTURE(midstream);
        Talk talk;
        const auto seen = [&](Segment segment, std::initializer_list<std::uint32_t> interfaces) {
            for (const std::uint32_t interface : interfaces) {
                segment.interface = interface;
                talk.segment(segment);
            }
        };
        if (!midstream) {
            Segment syn = talk.make(Talk::client, {});
            syn.flags = tcp_syn;
            ++talk.next[Talk::client];
            seen(syn, {1, 2, 3});
            Segment answer = talk.make(Talk::server, {});
            answer.flags = tcp_syn | tcp_ack;
            ++talk.next[Talk::server];
            seen(answer, {3, 2, 1});
        }
        for (const std::string& request : {get_a, get_b}) {
            seen(talk.make(Talk::client, request), {1, 2, 3});
            seen(talk.make(Talk::server, ok), {3, 2, 1});
        }
        talk.finish();
        const std::string flags = midstream ? " midstream" : "";
        CHECK(talk.collector.lines ==
              Lines{"GET /a 200 body 0/2 complete" + flags, "GET /b 200 body 0/2 complete" + flags});
    }
}

TEST_CASE("each direction may be seen at an interface of its own") {
    for (const bool midstream : {false, true}) {
        CAPTURE(midstream);
        Talk talk;
        const auto on = [&](std::uint32_t interface, Segment segment) {
            segment.interface = interface;
            talk.segment(segment);
        };
        if (!midstream) {
            Segment syn = talk.make(Talk::client, {});
            syn.flags = tcp_syn;
            ++talk.next[Talk::client];
            on(0, syn);
            Segment answer = talk.make(Talk::server, {});
            answer.flags = tcp_syn | tcp_ack;
            ++talk.next[Talk::server];
            on(5, answer);
        }
        on(0, talk.make(Talk::client, get_a));
        on(5, talk.make(Talk::server, ok));
        on(0, talk.make(Talk::client, get_b));
        on(5, talk.make(Talk::server, created));
        talk.finish();
        // Where the handshake was not seen, one segment is needed to find out.
        CHECK(talk.collector.lines == (midstream ? Lines{"GET /a - body 0/- gap midstream", "GET /b 201 body 0/3 complete midstream"}
                                                 : Lines{"GET /a 200 body 0/2 complete", "GET /b 201 body 0/3 complete"}));
    }
}

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

TEST_CASE("a response that is seen before its request's last byte waits for it") {
    Talk talk;
    talk.open();
    talk.send(Talk::client, get_a.substr(0, get_a.size() - 1));
    const Segment last = talk.make(Talk::client, "\n");
    talk.send(Talk::server, ok);
    talk.segment(last);
    talk.send(Talk::client, get_b);
    talk.send(Talk::server, created);
    talk.finish();
    CHECK(talk.collector.lines == Lines{"GET /a 200 body 0/2 complete", "GET /b 201 body 0/3 complete"});
}

TEST_CASE("pipelined requests that were lost do not give their answers to those behind them") {
    Talk talk;
    talk.open();
    talk.send(Talk::client, get_a);
    talk.lose(Talk::client, get_b.size());
    talk.send(Talk::client, get_c);
    talk.wait(std::chrono::seconds(3));
    talk.send(Talk::server, ok);
    talk.send(Talk::server, created);
    talk.send(Talk::server, ok);
    talk.finish();
    CHECK(talk.collector.lines == Lines{"GET /a 200 body 0/2 complete", "- 201 body -/3 complete", "- 200 body -/2 complete",
                                        "GET /c - body 0/- capture-end pipelined"});
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
