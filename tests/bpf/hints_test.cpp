// What user space says of a flow, and what the filter makes of it.
#include <doctest/doctest.h>

#include <string>

#include "conversation.hpp"
#include "filter_run.hpp"
#include "privileges.hpp"

using namespace podsnoop;

TEST_CASE("hints from the decoder are followed") {
    auto run = FilterRun::load();
    NEEDS(run);
    Conversation talk{*run};
    const Crafted server{.from_server = true};
    SUBCASE("not HTTP, until a message starts") {
        run->filter.hint(hint_for(server, FlowHint::Kind::not_http), 1);
        CHECK(talk.answer(body) == skipped);
        CHECK(talk.ask(body) == size_of(body));
        CHECK(talk.answer("HTTP/1.1 200 OK\r\n\r\n") == 19);
        CHECK(talk.answer(body) == size_of(body));
        const auto counts = run->filter.counts();
        REQUIRE(counts);
        CHECK(counts->skipped_not_http == 1);
    }
    SUBCASE("told elsewhere, whatever starts, until it ends") {
        run->filter.hint(hint_for(server, FlowHint::Kind::elsewhere), 1);
        for (const std::string& payload : {body, response("Content-Length: 99999\r\n"), std::string("GET / HTTP/1.1\r\n\r\n")})
            CHECK(talk.answer(payload) == skipped);
        CHECK(talk.get() > 0);  // the other direction is another flow
        CHECK(talk.answer("HTTP/1.1 200 OK\r\n\r\n") == skipped);
        CHECK(talk.send(true, body, "FA") == 0);
        CHECK(talk.send(true, "", "R") == 0);
        const auto counts = run->filter.counts();
        REQUIRE(counts);
        CHECK(counts->skipped_not_selected == 4);
        CHECK(talk.send(true, "", "SA") == 0);  // the next connection
        CHECK(talk.answer(body) == size_of(body));
    }
    SUBCASE("told elsewhere, in both directions until the next SYN or SYN+ACK") {
        const auto hint_both = [&] {
            for (const bool from_server : {true, false})
                run->filter.hint(hint_for(Crafted{.from_server = from_server}, FlowHint::Kind::elsewhere), 1);
            CHECK(talk.get() == skipped);
            CHECK(talk.answer(body) == skipped);
        };
        hint_both();
        CHECK(talk.send(false, "", "S") == 0);
        CHECK(talk.get() > 0);
        CHECK(talk.answer(body) == size_of(body));
        hint_both();
        CHECK(talk.send(true, "", "SA") == 0);
        CHECK(talk.get() > 0);
        CHECK(talk.answer(body) == size_of(body));
    }
    SUBCASE("not HTTP, then keep") {
        run->filter.hint(hint_for(server, FlowHint::Kind::not_http), 1);
        run->filter.hint(hint_for(server, FlowHint::Kind::keep), 1);
        CHECK(talk.answer(body) == size_of(body));
    }
    SUBCASE("on another interface") {
        run->filter.hint(hint_for(server, FlowHint::Kind::not_http), 2);
        CHECK(talk.answer(body) == size_of(body));
    }
    SUBCASE("a body") {
        run->filter.hint(hint_for(server, FlowHint::Kind::body, server_seq, 2500), 1);
        CHECK(talk.answer(body) == skipped);
        CHECK(talk.answer(body) == skipped);
        CHECK(talk.answer(body) == size_of(body));
    }
    SUBCASE("a body until FIN") {
        run->filter.hint(hint_for(server, FlowHint::Kind::body, server_seq, FlowHint::until_fin), 1);
        for (int i = 0; i < 40; ++i) {
            CHECK(talk.answer(std::string(100, 'x')) == skipped);
            talk.server += 300'000'000;
            talk.server &= ~0xffffu;
        }
        CHECK(talk.send(true, body, "FA") == 0);
    }
    SUBCASE("IPv6") {
        const Crafted segment{.from_server = true, .payload = body, .v6 = true};
        run->filter.hint(hint_for(segment, FlowHint::Kind::not_http), 1);
        CHECK((*run)(segment) == 0);
        Crafted back = segment;
        back.from_server = false;
        CHECK((*run)(back) != 0);
    }
}
