// What the filter does when the ring it fills is full: how it knows, and what it has forgotten afterwards.
#include <bpf/libbpf.h>
#include <doctest/doctest.h>
#include <http_filter.h>

#include <cstdint>
#include <string>

#include "capture/ring.hpp"
#include "conversation.hpp"
#include "filter_run.hpp"
#include "network.hpp"
#include "privileges.hpp"

using namespace podsnoop;

namespace {

constexpr std::size_t ring_bytes = 1 << 20;

/// Keeps the filter busy with what it keeps whole until it keeps no more. Gives the bytes that it kept, of at most so many.
std::size_t fill(FilterRun& run, std::size_t most) {
    const Crafted request{.payload = "GET / HTTP/1.1\r\n\r\n" + std::string(1000, 'x'), .client_port = 50000};
    std::size_t kept = 0;
    while (kept < most) {
        const std::uint32_t bytes = run(request);
        if (bytes == 0) break;
        kept += bytes;
    }
    return kept;
}

/// What CPUs may have offered beside what they told.
std::size_t untold() { return static_cast<std::size_t>(libbpf_num_possible_cpus()) * HTTP_ROOM_UNIT; }

std::uint64_t refused(const FilterRun& run) {
    const auto counts = run.filter.counts();
    REQUIRE(counts);
    return counts->dropped_ring_full;
}

}  // namespace

TEST_CASE("what is full, and what is known of it, at every place of its numbers") {
    constexpr std::uint32_t units = 100, all = 1u << HTTP_ROOM_UNITS_BITS;
    constexpr std::uint64_t one = std::uint64_t{1} << HTTP_ROOM_OFFERED;
    for (const std::uint32_t start : {0u, 1u, all / 2 - units, all / 2, all - units - 1, all - units, all - 1}) {
        std::uint64_t word = http_room_made(std::uint64_t{start} << HTTP_ROOM_OFFERED | 0xffff, units);
        const std::uint32_t generation = http_room_generation(word);
        for (std::uint32_t offered = 0; offered <= units; ++offered, word += one) REQUIRE_FALSE(http_room_is_full(word));
        CHECK(http_room_is_full(word));
        CHECK(http_room_generation(word) == generation);
        word = http_room_made(word, units);
        CHECK_FALSE(http_room_is_full(word));
        CHECK(http_room_generation(word) == ((generation + 1) & 0xffff));
        CHECK(http_room_generation(http_room_made(word, units)) == http_room_generation(word));
    }
}

TEST_CASE("once a ring's length was offered without a block handed back nothing is looked at") {
    auto run = FilterRun::load();
    NEEDS(run);
    CHECK(fill(*run, 2 * ring_bytes) > ring_bytes);  // nobody said how long the ring is
    RingRoom room = run->filter.room_of(0);
    room.take(ring_bytes);
    for (int times = 0; times < 3; ++times) {
        const std::size_t kept = fill(*run, 4 * ring_bytes);
        CHECK(kept > ring_bytes / 2);
        CHECK(kept < ring_bytes + 2 * untold());
        const std::uint64_t before = refused(*run);
        const auto counts = run->filter.counts();
        CHECK((*run)(Crafted{.seq = 7}) == 0);
        CHECK(run->run(0x0806, std::string(28, '\0')) == 0);
        CHECK(refused(*run) == before + 2);
        CHECK(run->filter.counts()->kept == counts->kept);
        CHECK(run->filter.counts()->skipped_ack == counts->skipped_ack);
        CHECK(run->filter.counts()->seen == counts->seen + 2);
        room.made();
    }
    CHECK(fill(*run, ring_bytes / 2) >= ring_bytes / 2);
}

TEST_CASE("the ring is not full where its packets were not") {
    auto run = FilterRun::load();
    NEEDS(run);
    RingRoom room = run->filter.room_of(0);
    room.take(ring_bytes);
    for (int times = 0; times < 16; ++times) {
        CHECK(fill(*run, ring_bytes / 4) >= ring_bytes / 4);
        room.made();  // a block went back
    }
    // Nor where little of what is looked at is kept, or nothing.
    Conversation talk{*run};
    talk.get();
    talk.answer(response("Content-Length: 99999999\r\n"));
    for (std::size_t bytes = 0; bytes < 2 * ring_bytes; bytes += body.size()) talk.answer(body);
    const auto counts = run->filter.counts();
    REQUIRE(counts);
    CHECK(counts->dropped_ring_full == 0);
    CHECK(counts->skipped_body > 2 * ring_bytes / body.size() * 9 / 10);
}

TEST_CASE("what was known before nothing was looked at is not believed afterwards") {
    auto run = FilterRun::load();
    NEEDS(run);
    RingRoom room = run->filter.room_of(0);
    room.take(ring_bytes);
    const std::string head = response("Content-Length: 10000\r\n");
    Conversation asked{*run}, also_asked{*run}, going_on{*run};
    asked.port = 40002;
    also_asked.port = 40004;
    const Crafted other{.from_server = true, .payload = body, .client_port = 40006};
    asked.get();
    also_asked.get();
    going_on.get();
    CHECK(going_on.answer(head + body) == size_of(head));
    CHECK(going_on.answer(body) == skipped);
    run->filter.hint(hint_for(other, FlowHint::Kind::not_http), 1);
    CHECK((*run)(other) == 0);
    // While there is room, it is.
    room.made();
    CHECK(going_on.answer(body) == skipped);
    CHECK(also_asked.answer(head + body) == size_of(head));
    CHECK((*run)(other) == 0);

    fill(*run, 4 * ring_bytes);
    CHECK(going_on.answer(body) == skipped);
    room.made();
    CHECK(going_on.answer(body) == size_of(body));
    CHECK(asked.answer(head + body) == size_of(head + body));
    CHECK((*run)(other) != 0);
    // Learned anew, and hinted anew.
    asked.get();
    CHECK(asked.answer(head + body) == size_of(head));
    run->filter.hint(hint_for(other, FlowHint::Kind::not_http), 1);
    CHECK((*run)(other) == 0);
    CHECK(run->filter.counts()->skipped_not_http == 3);
}

TEST_CASE("each namespace has a ring of its own") {
    auto run = FilterRun::load();
    NEEDS(run);
    RingRoom first = run->filter.room_of(1), second = run->filter.room_of(2);
    first.take(ring_bytes);
    second.take(ring_bytes);
    run->namespace_number = 1;
    CHECK(fill(*run, 4 * ring_bytes) < 4 * ring_bytes);
    run->namespace_number = 2;
    CHECK(fill(*run, ring_bytes / 2) >= ring_bytes / 2);
    second.made();
    run->namespace_number = 1;
    CHECK((*run)(Crafted{.payload = body}) == 0);
    first.made();
    CHECK((*run)(Crafted{.payload = body}) != 0);
    CHECK(first.generation() == 1);
    CHECK(second.generation() == 0);
}

TEST_CASE("of two namespaces in one place the first has it, until it leaves") {
    auto run = FilterRun::load();
    NEEDS(run);
    RingRoom first = run->filter.room_of(0), second = run->filter.room_of(HTTP_ROOMS);
    first.take(ring_bytes);
    second.take(ring_bytes);
    fill(*run, 4 * ring_bytes);
    CHECK((*run)(Crafted{.payload = body}) == 0);
    run->namespace_number = HTTP_ROOMS;
    CHECK(fill(*run, 4 * ring_bytes) >= 4 * ring_bytes);  // as if nobody had said anything
    CHECK_FALSE(second.made());
    CHECK(run->filter.room_of(HTTP_ROOMS).generation() == 0);
    run->namespace_number = 0;
    CHECK((*run)(Crafted{.payload = body}) == 0);
    RingRoom again = run->filter.room_of(0);
    again.take(ring_bytes);  // another ring of the same namespace
    CHECK(first.generation() == 1);
    CHECK((*run)(Crafted{.payload = body}) != 0);

    first.leave();
    second = run->filter.room_of(HTTP_ROOMS);
    second.take(ring_bytes);
    run->namespace_number = HTTP_ROOMS;
    CHECK(fill(*run, 4 * ring_bytes) < 4 * ring_bytes);
    CHECK(second.made());
    CHECK_FALSE(second.made());
}

TEST_CASE("no packet is refused that a ring had room for") {
    auto network = TestNetwork::make();
    NEEDS(network);
    auto run = FilterRun::load();
    NEEDS(run);
    auto ring = PacketRing::open({.ifindex = 1, .buffer_bytes = ring_bytes});
    NEEDS(ring);
    REQUIRE(ring->allocate());
    REQUIRE(ring->attach(run->filter.program_fd(), run->filter.room_of(0)));
    const auto connection = Connection::make();
    for (const std::size_t size : {200u, 60'000u, 200u}) {
        const std::string text(size, 'x');
        const std::uint64_t refused_before = refused(*run), drops_before = ring->drops();
        for (std::size_t sent = 0; refused(*run) == refused_before && sent < 1'000'000; ++sent) connection.to_server(text);
        CHECK(refused(*run) > refused_before);
        // The ring itself found no room first, and has nothing to do since.
        const std::uint64_t drops = ring->drops();
        CHECK(drops > drops_before);
        const std::uint64_t kept = run->filter.counts()->kept;
        connection.to_server(text);
        CHECK(run->filter.counts()->kept == kept);
        CHECK(ring->drops() == drops);

        CHECK_FALSE(ring->is_behind());
        bool was_behind = false;
        for (; ring->front() != nullptr; ring->pop()) was_behind = was_behind || ring->is_behind();
        CHECK(was_behind);
        CHECK_FALSE(ring->is_behind());
        const std::uint64_t refused_then = refused(*run);
        connection.to_server(text);
        CHECK(refused(*run) == refused_then);
        CHECK(run->filter.counts()->kept > kept);
        CHECK(ring->drops() == drops);
    }
}
