// What is told when bytes of a conversation were lost, cut off or left out.
#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include "messages.hpp"
#include "reassemble/reassembler.hpp"

using namespace podsnoop;
using namespace podsnoop::test;

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
    CHECK(talk.collector.lines == Lines{"GET /a - body 0/- gap", "GET /b 201 body 0/3 complete", "GET /c 200 body 0/2 complete"});
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
    const std::string head = big_head(600'000);
    const std::string more(1000, 'x');
    talk.send(Talk::server, head + more);
    // What the filter keeps: headers of segments that cross such a border, and of the last.
    const std::uint32_t end = start + static_cast<std::uint32_t>(head.size()) + 600'000;
    while (talk.next[Talk::server] != end) {
        const std::uint32_t from = talk.next[Talk::server];
        const std::uint32_t length = std::min<std::uint32_t>(1448, end - from);
        const std::string bytes(length, 'x');
        if ((from ^ (from + length)) >> skip_border_bits != 0 || from + length == end) talk.send_cut(Talk::server, bytes, 0);
        else talk.lose(Talk::server, length);
    }
    talk.send(Talk::client, get_b);
    talk.send(Talk::server, ok);
    CHECK(talk.collector.lines == Lines{"GET /a 200 body 0/600000 complete", "GET /b 200 body 0/2 complete"});
    talk.finish();
}

TEST_CASE("of a body that a reset cuts off all is counted that came, though the filter skips") {
    for (const auto from : {Talk::server, Talk::client}) {
        Talk talk({}, true);
        talk.next[Talk::server] = 0x10000;
        talk.open();
        talk.send(Talk::client, get_a);
        talk.send(Talk::server, big_head(100'000) + std::string(1000, 'x'));
        talk.lose(Talk::server, 50'000);
        talk.reset(from);
        CHECK(talk.collector.lines == Lines{"GET /a 200 body 0/51000 reset"});
        talk.finish();
    }
    // Where no filter skips nobody knows what was lost.
    Talk talk;
    talk.open();
    talk.send(Talk::client, get_a);
    talk.send(Talk::server, big_head(100'000) + std::string(1000, 'x'));
    talk.lose(Talk::server, 50'000);
    talk.reset(Talk::server);
    CHECK(talk.collector.lines == Lines{"GET /a 200 body 0/1000 reset"});
    talk.finish();
}

TEST_CASE("a loss that no design explains is a gap, also where the filter skips") {
    Talk talk({}, true);
    talk.next[Talk::server] = 0x10000;
    talk.open();
    talk.send(Talk::client, get_a);
    talk.send(Talk::server, big_head(800'000));
    const std::uint32_t lost = (1u << skip_border_bits) + 1000;
    talk.lose(Talk::server, lost);
    const std::string tail(800'000 - lost, 'x');
    talk.send_cut(Talk::server, tail, 0);
    talk.wait(std::chrono::seconds(3));
    CHECK(talk.collector.lines == Lines{"GET /a 200 body 0/800000 complete body-gap"});
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
