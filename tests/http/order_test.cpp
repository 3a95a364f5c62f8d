// Segments sent twice, out of order, seen at several interfaces: every byte is told once, in order.
#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include "messages.hpp"

using namespace podsnoop;
using namespace podsnoop::test;

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
        CHECK(talk.collector.lines == Lines{"GET /a 200 body 0/2 complete" + flags, "GET /b 200 body 0/2 complete" + flags});
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
        CHECK(talk.collector.lines == (midstream
                                           ? Lines{"GET /a - body 0/- gap midstream", "GET /b 201 body 0/3 complete midstream"}
                                           : Lines{"GET /a 200 body 0/2 complete", "GET /b 201 body 0/3 complete"}));
    }
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
