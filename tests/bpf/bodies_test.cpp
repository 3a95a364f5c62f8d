// Which bytes of bodies the filter lets go, and where it must not.
#include <doctest/doctest.h>
#include <http_filter.h>

#include <algorithm>
#include <string>
#include <vector>

#include "conversation.hpp"
#include "filter_run.hpp"
#include "privileges.hpp"

using namespace podsnoop;

TEST_CASE("the body of an announced length is skipped, and what comes after it is not") {
    auto run = FilterRun::load();
    NEEDS(run);
    Conversation talk{*run};
    const std::string head = response("Content-Length: 10000\r\n");
    CHECK(talk.get() > 0);
    CHECK(talk.answer(head + body) == size_of(head));
    for (int i = 0; i < 8; ++i) CHECK(talk.answer(body) == skipped);
    CHECK(talk.answer(body) == 0);  // the body's end: headers only
    CHECK(talk.get() > 0);
    const std::string small = response("Content-Length: 2\r\n") + "ok";
    CHECK(talk.answer(small) == size_of(small));
    CHECK(talk.get() > 0);
    CHECK(talk.answer(head + body) == size_of(head));
    const auto counts = run->filter.counts();
    REQUIRE(counts);
    CHECK(counts->skipped_body == 8);
    CHECK(counts->seen == counts->kept + counts->skipped_body);
}

TEST_CASE("a head that comes alone is read too") {
    auto run = FilterRun::load();
    NEEDS(run);
    Conversation talk{*run};
    const std::string head = response("content-LENGTH:  9000 \r\nTransfer-Encoded: no\r\n");
    talk.get();
    CHECK(talk.answer(head) == size_of(head));
    CHECK(talk.answer(body) == skipped);
}

TEST_CASE("a segment with the next message in it is kept whole") {
    auto run = FilterRun::load();
    NEEDS(run);
    Conversation talk{*run};
    talk.get();
    talk.answer(response("Content-Length: 6500\r\n") + body);
    for (int i = 0; i < 5; ++i) CHECK(talk.answer(body) == skipped);
    const std::string both = std::string(500, 'x') + response("Content-Length: 2\r\n") + "ok";
    CHECK(talk.answer(both) == size_of(both));
    CHECK(talk.answer(body) == size_of(body));
}

TEST_CASE("bodies whose end is not certain are kept") {
    auto& run = FilterRun::shared();
    NEEDS(run);
    static std::uint16_t port = 41000;
    Conversation talk{.run = *run, .port = ++port};
    std::string head;
    SUBCASE("chunked") { head = response("Transfer-Encoding: chunked\r\n"); }
    SUBCASE("chunked, and a length") { head = response("Content-Length: 99999\r\ntransfer-encoding: chunked\r\n"); }
    SUBCASE("until close") { head = response("Connection: close\r\n"); }
    SUBCASE("two lengths") { head = response("Content-Length: 99999\r\nContent-Length: 88888\r\n"); }
    SUBCASE("a list") { head = response("Content-Length: 99999, 99999\r\n"); }
    SUBCASE("a sign") { head = response("Content-Length: +99999\r\n"); }
    SUBCASE("not a number") { head = response("Content-Length: 99999x\r\n"); }
    SUBCASE("two numbers") { head = response("Content-Length: 99999 9\r\n"); }
    SUBCASE("no number") { head = response("Content-Length: \r\n"); }
    SUBCASE("too large a number") { head = response("Content-Length: 9999999999999999999\r\n"); }
    SUBCASE("folded") { head = response("Content-Length: 99999\r\n 9\r\n"); }
    SUBCASE("bare line feeds") { head = "HTTP/1.1 200 OK\nContent-Length: 99999\n\n"; }
    SUBCASE("another field") { head = response("X-Content-Length: 99999\r\nContent-Lengths: 99999\r\n"); }
    SUBCASE("204") { head = response("Content-Length: 99999\r\n", "204 No Content"); }
    SUBCASE("304") { head = response("Content-Length: 99999\r\n", "304 Not Modified"); }
    SUBCASE("1xx") { head = response("Content-Length: 99999\r\n", "103 Early Hints"); }
    SUBCASE("short") { head = response("Content-Length: 5000\r\n"); }
    SUBCASE("a head longer than is read") {
        head = response("X-Long: " + std::string(2100, 'y') + "\r\nContent-Length: 99999\r\n");
    }
    SUBCASE("a head cut by the segment's end") { head = "HTTP/1.1 200 OK\r\nX: " + std::string(600, 'y'); }
    talk.get();
    CHECK(talk.answer(head + body) == size_of(head + body));
    CHECK(talk.answer(body) == size_of(body));
}

TEST_CASE("a final response after an interim one is read") {
    auto run = FilterRun::load();
    NEEDS(run);
    Conversation talk{*run};
    talk.get();
    const std::string interim = response("Link: </a>\r\n", "103 Early Hints");
    CHECK(talk.answer(interim) == size_of(interim));
    const std::string head = response("Content-Length: 99999\r\n", "404 Not Found");
    CHECK(talk.answer(head + body) == size_of(head));
}

TEST_CASE("a response is believed only where the last request expects it") {
    auto& run = FilterRun::shared();
    NEEDS(run);
    const std::string head = response("Content-Length: 99999\r\n"), small = response("Content-Length: 2\r\n") + "ok";
    std::uint16_t port = 42000;
    const auto asked = [&] {
        Conversation talk{.run = *run, .port = ++port};
        talk.get();
        return talk;
    };
    {
        INFO("lost, and again: what comes before the skip is kept");
        Conversation talk = asked();
        CHECK(talk.answer(head + body) == size_of(head));
        talk.server -= static_cast<std::uint32_t>(size_of(head + body));
        CHECK(talk.answer(head + body) == size_of(head + body));
        CHECK(talk.answer(body) == skipped);
    }
    {
        INFO("behind the response");
        Conversation talk = asked();
        talk.answer(small);
        CHECK(talk.answer(head + body) == size_of(head + body));
        CHECK(talk.answer(body) == size_of(body));
    }
    {
        INFO("behind the first of two, although there were two requests");
        Conversation talk = asked();
        talk.get();
        talk.answer(small);
        CHECK(talk.answer(head + body) == size_of(head + body));
    }
    for (const int off : {-1, 1}) {
        INFO("off by ", off);
        Conversation talk = asked();
        talk.server += static_cast<std::uint32_t>(off);
        CHECK(talk.answer(head + body) == size_of(head + body));
    }
    {
        INFO("behind an interim one in whose segment it begins");
        Conversation talk = asked();
        const std::string interim = response("", "100 Continue") + response("Transfer-Encoding: chunked\r\n");
        CHECK(talk.answer(interim) == size_of(interim));
        CHECK(talk.answer(head + body) == size_of(head + body));
    }
    {
        INFO("behind several interim ones");
        Conversation talk = asked();
        talk.answer(response("", "100 Continue"));
        talk.answer(response("Link: </a>\r\n", "103 Early Hints"));
        CHECK(talk.answer(head + body) == size_of(head));
    }
    {
        INFO("behind an interim one that was not expected itself");
        Conversation talk = asked();
        talk.answer(body);
        talk.answer(response("", "100 Continue"));
        CHECK(talk.answer(head + body) == size_of(head + body));
    }
}

TEST_CASE("an upload is believed only behind a response that was expected itself") {
    auto& run = FilterRun::shared();
    NEEDS(run);
    const std::string upload = "POST /up HTTP/1.1\r\nContent-Length: 99999\r\n\r\n" + body;
    const std::string small = response("Content-Length: 2\r\n") + "ok";
    Conversation plain{.run = *run, .port = 43000}, twice{.run = *run, .port = 43002}, interim{.run = *run, .port = 43004},
        late{.run = *run, .port = 43006}, head{.run = *run, .port = 43008};
    for (Conversation* talk : {&plain, &twice, &interim, &late, &head}) talk->get();
    plain.answer(small);
    CHECK(plain.ask(upload) < size_of(upload));
    CHECK(plain.ask(body) == skipped);

    twice.answer(small);
    twice.answer(small);  // it may be text
    CHECK(twice.ask(upload) == size_of(upload));

    interim.answer(response("", "100 Continue"));
    CHECK(interim.ask(upload) == size_of(upload));

    late.answer(small);
    late.client += 1;
    CHECK(late.ask(upload) == size_of(upload));

    head.ask("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
    head.answer(small);
    CHECK(head.ask(upload) == size_of(upload));
}

TEST_CASE("after HEAD and CONNECT no length is believed until the next SYN") {
    auto run = FilterRun::load();
    NEEDS(run);
    Conversation talk{*run};
    talk.ask("HEAD /big HTTP/1.1\r\nHost: a\r\n\r\n");
    const std::string head = response("Content-Length: 99999\r\n");
    CHECK(talk.answer(head) == size_of(head));
    CHECK(talk.answer(body) == size_of(body));
    talk.get();
    CHECK(talk.answer(head + body) == size_of(head + body));
    talk.send(false, "", "S");
    talk.get();
    CHECK(talk.answer(head + body) == size_of(head));
}

TEST_CASE("nor where another flow took the place in which that was known") {
    auto& run = FilterRun::shared();
    NEEDS(run);
    Conversation talk{.run = *run, .port = 44000};
    const std::string head = response("Content-Length: 99999\r\n");
    const auto forget_server = [&] {
        run->filter.hint(hint_for(Crafted{.from_server = true, .client_port = talk.port}, FlowHint::Kind::keep), 1);
    };
    const std::string head_request = "HEAD /big HTTP/1.1\r\nHost: a\r\n\r\n";
    SUBCASE("HEAD") { talk.ask(head_request); }
    SUBCASE("HEAD, and GET at once") {
        ++talk.port;
        talk.ask(head_request);
        talk.get();
    }
    SUBCASE("HEAD behind GET") {
        talk.port += 2;
        talk.get();
        talk.answer(response("Content-Length: 2\r\n") + "ok");
        talk.ask(head_request);
    }
    forget_server();
    CHECK(talk.answer(head) == size_of(head));
    CHECK(talk.answer(body) == size_of(body));
}

TEST_CASE("text in a body is not a message") {
    auto run = FilterRun::load();
    NEEDS(run);
    Conversation talk{*run};
    const std::string smuggled = response("Content-Length: 99999\r\n") + body;
    talk.get();
    talk.answer(response("Transfer-Encoding: chunked\r\n"));
    CHECK(talk.answer(smuggled) == size_of(smuggled));
    CHECK(talk.answer(body) == size_of(body));
    const std::string upload = "POST /x HTTP/1.1\r\nContent-Length: 99999\r\n\r\n" + body;
    CHECK(talk.answer(upload) == size_of(upload));
    CHECK(talk.answer(body) == size_of(body));

    SUBCASE("nor in one that is skipped") {
        talk.get();
        const std::string head = response("Content-Length: 99999\r\n");
        CHECK(talk.answer(head + body) == size_of(head));
        CHECK(talk.answer(smuggled) == skipped);
    }
}

TEST_CASE("an upload's body is skipped on a connection seen from its start, or after a response") {
    auto run = FilterRun::load();
    NEEDS(run);
    Conversation talk{*run};
    const std::string head = "POST /up HTTP/1.1\r\nHost: a\r\nContent-Length: 6000\r\n\r\n";
    SUBCASE("unknown connection: kept") {
        CHECK(talk.ask(head + body) == size_of(head + body));
        CHECK(talk.ask(body) == size_of(body));
    }
    SUBCASE("from the start") {
        talk.send(false, "", "S");
        ++talk.client;
        SUBCASE("with the last ACK") { CHECK(talk.send(false, "") == 0); }
        SUBCASE("without it") {}
        CHECK(talk.ask(head + body) == size_of(head));
        for (int i = 0; i < 4; ++i) CHECK(talk.ask(body) == skipped);
        CHECK(talk.ask(body) == 0);
        CHECK(talk.get() > 0);
    }
    SUBCASE("of the next connection nothing, though its SYN was not seen") {
        talk.send(false, "", "S");
        ++talk.client;
        CHECK(talk.ask(head + body) == size_of(head));
        CHECK(talk.ask(body) == skipped);
        CHECK(talk.send(true, "", "SA") == 0);
        CHECK(talk.ask(body) == size_of(body));
    }
    SUBCASE("after a response") {
        talk.get();
        talk.answer(response("Content-Length: 2\r\n") + "ok");
        CHECK(talk.ask(head + body) == size_of(head));
        CHECK(talk.ask(body) == skipped);
        const std::string done = response("Content-Length: 99999\r\n");
        CHECK(talk.answer(done + body) == size_of(done));
    }
    SUBCASE("refused: the next request comes where the body would") {
        talk.get();
        talk.answer(response("Content-Length: 2\r\n") + "ok");
        CHECK(talk.ask(head) == size_of(head));
        CHECK(talk.get() > 0);
        CHECK(talk.ask(body) == size_of(body));
    }
}

TEST_CASE("a skipped segment never crosses a border of 512 KiB") {
    auto run = FilterRun::load();
    NEEDS(run);
    Conversation talk{*run};
    talk.get();
    const std::string head = response("Content-Length: 1200000\r\n");
    CHECK(talk.answer(head) == size_of(head));
    int headers_only = 0;
    for (int i = 0; i < 1199; ++i) {
        const bool crosses = (talk.server >> HTTP_BORDER_BITS) != ((talk.server + 1000) >> HTTP_BORDER_BITS);
        const int kept = talk.answer(body);
        CHECK(kept == (crosses ? 0 : skipped));
        headers_only += kept == 0;
    }
    CHECK(headers_only == 2);
}

TEST_CASE("sequence numbers wrap inside a body") {
    auto run = FilterRun::load();
    NEEDS(run);
    Conversation talk{.run = *run, .server = 0xffffff00};
    talk.get();
    const std::string head = response("Content-Length: 6000\r\n");
    talk.answer(head);
    CHECK(talk.answer(body) == 0);  // 2^32 is a border too
    for (int i = 0; i < 4; ++i) CHECK(talk.answer(body) == skipped);
    CHECK(talk.answer(body) == 0);
    CHECK(talk.answer("HTTP/1.1 400 Bad") == 16);
}

TEST_CASE("FIN and RST are kept, without the body they carry") {
    auto run = FilterRun::load();
    NEEDS(run);
    Conversation talk{*run};
    talk.get();
    talk.answer(response("Content-Length: 99999\r\n"));
    CHECK(talk.send(true, body, "FA") == 0);
    CHECK(talk.send(true, "", "R") == 0);
    // A head may ride on a FIN.
    const std::string last = response("Connection: close\r\n") + "bye";
    Conversation other{.run = *run, .port = 43001};
    other.get();
    CHECK(other.send(true, last, "FPA") == size_of(last));
}

TEST_CASE("where IP says no length, the packet's own counts") {
    auto run = FilterRun::load();
    NEEDS(run);
    Conversation talk{.run = *run, .ip_length = 0};  // BIG TCP's; no test run of the kernel's takes one as long as those
    talk.get();
    const std::string head = response("Content-Length: 6000\r\n");
    CHECK(talk.answer(head + body) == size_of(head));
    for (int i = 0; i < 4; ++i) CHECK(talk.answer(body) == skipped);
    CHECK(talk.answer(body) == 0);  // the body's end, where the lengths put it
    const std::string next = response("Content-Length: 0\r\n");
    CHECK(talk.answer(next) == size_of(next));
}

TEST_CASE("bodies beyond 4 GiB end where they end") {
    auto run = FilterRun::load();
    NEEDS(run);
    Conversation talk{*run};
    talk.get();
    const std::uint64_t length = 10'000'000'000;
    const std::string head = response("Content-Length: 10000000000\r\n");
    CHECK(talk.answer(head) == size_of(head));
    const std::uint32_t start = talk.server;
    // A packet each 100 MB is seen: as seen by the filter, the rest was lost.
    for (std::uint64_t at = 0; at + 100'000'000 <= length; at += 100'000'000) {
        talk.server = start + static_cast<std::uint32_t>(at);
        talk.server &= ~0xffffu;  // away from the borders
        if (at == 0) talk.server = start;
        CHECK(talk.answer(std::string(100, 'x')) == skipped);
    }
    talk.server = start + static_cast<std::uint32_t>(length - 1000);
    const int last = talk.answer(body);
    CHECK(last == 0);
    CHECK(talk.answer(body) == size_of(body));
}

TEST_CASE("retransmissions from before a body are kept, those from inside it are not") {
    auto run = FilterRun::load();
    NEEDS(run);
    Conversation talk{*run};
    talk.get();
    const std::string first = response("Content-Length: 99999\r\n") + body;
    const std::uint32_t start = talk.server;
    talk.answer(first);
    CHECK(talk.answer(body) == skipped);
    const std::uint32_t next = talk.server;
    talk.server = start;
    CHECK(talk.answer(first) == size_of(first));
    CHECK(talk.answer(body) == skipped);
    talk.server = next;
    CHECK(talk.answer(body) == skipped);
}

TEST_CASE("what is retransmitted once a body was there to its end is not kept, but its end and borders") {
    auto run = FilterRun::load();
    NEEDS(run);
    Conversation talk{.run = *run, .server = (1u << HTTP_BORDER_BITS) - 30000};
    talk.get();
    talk.answer(response("Content-Length: 44000\r\n"));
    const std::uint32_t start = talk.server;
    for (int i = 0; i < 44; ++i) talk.answer(body);
    std::vector<int> again;
    talk.server = start;
    for (int i = 0; i < 44; ++i) again.push_back(talk.answer(body));
    CHECK(std::ranges::count(again, skipped) == 42);
    CHECK(std::ranges::count(again, 0) == 2);  // at the border, and at the end
    CHECK(again.back() == 0);
    const std::string next = response("Content-Length: 10000\r\n");
    talk.get();
    CHECK(talk.answer(next + body) == size_of(next));
    CHECK(talk.answer(body) == skipped);
    // A segment that was put together of the body's end and of what is behind it.
    Conversation other{.run = *run, .port = 43001};
    other.get();
    other.answer(response("Content-Length: 10000\r\n"));
    for (int i = 0; i < 10; ++i) other.answer(body);
    other.server -= 1000;
    CHECK(other.answer(body + next) == size_of(body + next));
}

TEST_CASE("the preview of a body is kept") {
    auto run = FilterRun::load({.body_preview = 1500});
    NEEDS(run);
    Conversation talk{*run};
    const std::string head = response("Content-Length: 20000\r\n");
    talk.get();
    CHECK(talk.answer(head + body) == size_of(head + body));
    CHECK(talk.answer(body) == size_of(body));
    CHECK(talk.answer(body) == skipped);
    Conversation other{.run = *run, .port = 43001};
    other.get();
    CHECK(other.answer(head + body + body) == size_of(head) + 1500);
    CHECK(other.answer(body) == skipped);
}

TEST_CASE("a flow that is forgotten is kept whole") {
    auto run = FilterRun::load();
    NEEDS(run);
    Conversation talk{*run};
    talk.get();
    talk.answer(response("Content-Length: 2000000\r\n"));
    CHECK(talk.answer(std::string(100, 'x')) == skipped);
    // So many other responses that, but for a chance of e^-16, one takes the place of the first. None is taken for it.
    bool forgotten = false;
    for (int port = 0; port < 65536 * 16 && !forgotten; ++port) {
        Crafted other{
            .from_server = true, .payload = response("Content-Length: 0\r\n"), .client_port = static_cast<std::uint16_t>(port)};
        std::string packet = other.packet();
        packet[17] = static_cast<char>(1 + (port >> 16));  // the client's second address byte
        run->run(ethertype_ipv4, packet);
        if (port % 1024 != 0) continue;
        talk.server = server_seq + 0x10000;
        const int kept = talk.answer(std::string(100, 'x'));
        CHECK((kept == skipped || kept == 100));
        forgotten = kept == 100;
    }
    CHECK(forgotten);
}

TEST_CASE("a run of the filter takes far less than a packet does") {
    auto run = FilterRun::load();
    NEEDS(run);
    Conversation talk{*run};
    talk.get();
    talk.answer(response("Content-Length: 99999999\r\n"));
    const Crafted ack{.seq = 5, .client_port = 40001};
    const Crafted small{.from_server = true, .payload = response("Content-Length: 2\r\n") + "ok", .client_port = 40001};
    const Crafted inside{.from_server = true, .seq = server_seq + 0x10000, .payload = body};
    constexpr int repeat = 100'000;
    const std::uint32_t figures[] = {run->nanoseconds(ack, repeat), run->nanoseconds(small, repeat),
                                     run->nanoseconds(inside, repeat)};
    MESSAGE("ns a run: ", figures[0], " ACK, ", figures[1], " small response, ", figures[2], " inside a body");
    for (const std::uint32_t figure : figures) CHECK(figure < 5000);  // tens are usual
}
