// IP fragments: put together in any order, within bounds, and counted.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "decode/decoder.hpp"
#include "frame_builder.hpp"

using namespace podsnoop;
using namespace podsnoop::test;

namespace {

const std::string text = "GET /a/rather/long/target HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n";

struct Piece {
    unsigned offset;  ///< bytes
    std::string data;
    bool more;
};

/// Cuts a datagram's payload into pieces of `size` bytes.
std::vector<Piece> pieces_of(const Buffer& datagram, std::size_t size) {
    std::vector<Piece> pieces;
    for (std::size_t at = 0; at < datagram.size(); at += size)
        pieces.push_back({static_cast<unsigned>(at), std::string(datagram.text().substr(at, size)), at + size < datagram.size()});
    return pieces;
}

Buffer frame4(const Piece& piece, std::uint8_t protocol = 6, std::uint16_t id = 1) {
    const unsigned field = piece.offset / 8 | (piece.more ? 0x2000u : 0u);
    return ethernet(ipv4({.protocol = protocol, .id = id, .fragment = static_cast<std::uint16_t>(field)}, piece.data));
}
Buffer frame6(const Piece& piece, std::uint8_t next = 6) {
    return ethernet(ipv6({.next = 44}, ipv6_fragment(next, piece.offset, piece.more, piece.data)));
}

struct Run {
    Decoder decoder;
    Segment segment;
    Time now{Nanoseconds{1'000'000'000}};

    Decoded take(const Buffer& frame, std::uint32_t interface = 0, std::size_t captured = 0) {
        last_ = captured != 0 ? frame.first(captured) : frame;
        Packet packet = packet_of(last_, LinkType::ethernet, frame.size());
        packet.time = now += std::chrono::milliseconds(1);
        packet.interface = interface;
        return decoder.decode(packet, segment);
    }
    /// Whether the answer just given is the segment with `text`.
    bool has_text() const { return as_text(segment.payload) == text && segment.length == text.size() && segment.time == now; }

  private:
    Buffer last_;
};

}  // namespace

TEST_CASE("a datagram is put together in whatever order it comes") {
    const std::vector<Piece> pieces = pieces_of(tcp({}, text), 24);
    REQUIRE(pieces.size() == 4);
    for (const bool v6 : {false, true}) {
        std::array<std::size_t, 4> order{0, 1, 2, 3};
        do {
            Run run;
            for (std::size_t i = 0; i < 4; ++i) {
                const Buffer frame = v6 ? frame6(pieces[order[i]]) : frame4(pieces[order[i]]);
                CHECK(run.take(frame) == (i == 3 ? Decoded::segment : Decoded::fragment));
                CHECK(run.decoder.packets() == (i == 3 ? 4 : 1));
            }
            CHECK(run.has_text());
            CHECK(run.segment.source == endpoint(v6 ? "fd00::1" : "10.0.0.1", 40000));
            CHECK(run.segment.destination == endpoint(v6 ? "fd00::2" : "10.0.0.2", 80));
        } while (std::ranges::next_permutation(order).found);
    }
}

TEST_CASE("a fragment that came before changes nothing, and of an overlap the first copy counts") {
    const std::vector<Piece> pieces = pieces_of(tcp({}, text), 32);
    REQUIRE(pieces.size() == 3);
    Run run;
    CHECK(run.take(frame4(pieces[1])) == Decoded::fragment);
    CHECK(run.take(frame4(pieces[1])) == Decoded::fragment);
    // Other bytes over the end of the first piece, the second and the start of the third.
    CHECK(run.take(frame4(pieces[0])) == Decoded::fragment);
    CHECK(run.take(frame4({16, std::string(48, 'x'), true})) == Decoded::fragment);
    CHECK(run.take(frame4(pieces[2])) == Decoded::segment);
    CHECK(run.has_text());
    CHECK(run.decoder.packets() == 5);

    // A piece over a hole and what is around it fills the hole only.
    const std::vector<Piece> small = pieces_of(tcp({}, text), 8);
    for (std::size_t i = 0; i < small.size(); i += 2) CHECK(run.take(frame4(small[i])) == Decoded::fragment);
    const std::string all(tcp({}, text).text());
    std::string odd = all;
    for (std::size_t i = 0; i < odd.size(); ++i)
        if (i / 8 % 2 == 0) odd[i] = 'x';
    CHECK(run.take(frame4({0, odd.substr(0, 80), true})) == Decoded::segment);
    CHECK(run.has_text());
}

TEST_CASE("datagrams are told apart") {
    const std::vector<Piece> pieces = pieces_of(tcp({}, text), 48);
    Run run;
    CHECK(run.take(frame4(pieces[0], 6, 1)) == Decoded::fragment);
    CHECK(run.take(frame4(pieces[1], 6, 2)) == Decoded::fragment);     // another id
    CHECK(run.take(frame4(pieces[1], 4, 1)) == Decoded::fragment);     // another protocol
    CHECK(run.take(frame4(pieces[1], 6, 1), 1) == Decoded::fragment);  // a copy seen elsewhere
    CHECK(run.take(frame6(pieces[1])) == Decoded::fragment);
    CHECK(run.take(frame4(pieces[1], 6, 1)) == Decoded::segment);
    CHECK(run.has_text());
    CHECK(run.take(frame4(pieces[0], 6, 1), 1) == Decoded::segment);
    CHECK(run.segment.interface == 1);
    CHECK(run.take(frame6(pieces[0])) == Decoded::segment);
    CHECK(run.has_text());
}

TEST_CASE("what cannot be a fragment of this datagram is malformed and does no harm") {
    const std::vector<Piece> pieces = pieces_of(tcp({}, text), 48);
    Run run;
    CHECK(run.take(frame4(pieces[0])) == Decoded::fragment);
    CHECK(run.take(frame4({48, "seven b", true})) == Decoded::malformed);
    CHECK(run.take(frame4({48, "", false})) == Decoded::malformed);
    CHECK(run.take(frame4({40, "", true})) == Decoded::malformed);
    CHECK(run.take(frame4({65528, "beyond 64 KiB", false})) == Decoded::malformed);
    CHECK(run.take(frame4({0, "the end?", false})) == Decoded::malformed);  // before what was seen
    CHECK(run.take(frame4(pieces[1])) == Decoded::segment);
    CHECK(run.has_text());

    CHECK(run.take(frame4(pieces[1])) == Decoded::fragment);  // the end is known
    CHECK(run.take(frame4({120, "behind it", false})) == Decoded::malformed);
    CHECK(run.take(frame4({48, "an end before the end", false})) == Decoded::malformed);
    CHECK(run.take(frame4(pieces[0])) == Decoded::segment);
    CHECK(run.has_text());
}

TEST_CASE("fragments of a tunnel's packets, and fragments inside a tunnel") {
    const Buffer pod = ethernet(ipv4({.source = "10.244.0.7", .destination = "10.244.1.9"}, tcp({}, text)));
    Run run;
    const auto all = [&](const std::vector<Buffer>& frames) {
        for (std::size_t i = 0; i + 1 < frames.size(); ++i) CHECK(run.take(frames[i]) == Decoded::fragment);
        CHECK(run.take(frames.back()) == Decoded::segment);
        CHECK(run.has_text());
        CHECK(run.decoder.packets() == frames.size());
        CHECK(run.segment.source == endpoint("10.244.0.7", 40000));
    };
    std::vector<Buffer> frames;
    SUBCASE("outer") {
        for (const Piece& piece : pieces_of(vxlan(pod), 56)) frames.push_back(frame4(piece, 17));
        all(frames);
    }
    SUBCASE("outer, the first one last") {
        for (const Piece& piece : pieces_of(vxlan(pod), 56)) frames.push_back(frame4(piece, 17));
        std::ranges::rotate(frames, frames.begin() + 1);
        all(frames);
    }
    SUBCASE("inner, each piece of it in pieces itself") {
        for (const Piece& piece : pieces_of(tcp({}, text), 48)) {
            const unsigned field = piece.offset / 8 | (piece.more ? 0x2000u : 0u);
            const Buffer inner = ethernet(
                ipv4({.source = "10.244.0.7", .destination = "10.244.1.9", .fragment = static_cast<std::uint16_t>(field)},
                     piece.data));
            const auto id = static_cast<std::uint16_t>(100 + piece.offset);
            for (const Piece& outer : pieces_of(vxlan(inner), 56)) frames.push_back(frame4(outer, 17, id));
        }
        all(frames);
    }
}

TEST_CASE("a datagram without TCP in it is none") {
    Run run;
    const std::vector<Piece> pieces = pieces_of(udp(53, std::string(100, 'x')), 56);
    CHECK(run.take(frame4(pieces[0], 17)) == Decoded::not_tcp);  // the port tells
    CHECK(run.take(frame4(pieces[1], 17)) == Decoded::fragment);
    const std::vector<Piece> noise = pieces_of(udp(4789, std::string(100, 'x')), 56);
    CHECK(run.take(frame4(noise[0], 17, 2)) == Decoded::fragment);
    CHECK(run.take(frame4(noise[1], 17, 2)) == Decoded::not_tcp);
    CHECK(run.decoder.packets() == 2);
}

TEST_CASE("fragments cut short by the capture give what was captured before the cut") {
    const std::vector<Piece> pieces = pieces_of(tcp({}, text), 48);
    Run run;
    const Buffer first = frame4(pieces[0]);
    CHECK(run.take(first, 0, first.size() - 8) == Decoded::fragment);
    CHECK(run.take(frame4(pieces[1])) == Decoded::segment);
    CHECK(run.segment.length == text.size());
    CHECK(as_text(run.segment.payload) == text.substr(0, 48 - 20 - 8));
}

TEST_CASE("what is incomplete is bounded in number, bytes and time") {
    const wire::Rest data{as_bytes(text).first(64), 64};
    Fragment fragment;
    fragment.source = address("10.0.0.1");
    fragment.destination = address("10.0.0.2");
    fragment.protocol = 6;
    fragment.more = true;
    fragment.data = data;
    const auto complete = [&](Fragments& fragments, std::uint32_t id) {
        Fragment last = fragment;
        last.id = id;
        last.offset = 64;
        last.more = false;
        return fragments.add(last).state == Joined::State::complete;
    };
    SUBCASE("number: the one longest untouched goes") {
        Fragments fragments({.datagrams = 3});
        for (const std::uint32_t id : {1u, 2u, 3u, 1u, 4u}) {
            fragment.id = id;
            fragments.add(fragment);
        }
        CHECK(fragments.datagrams() == 3);
        CHECK(complete(fragments, 1));
        CHECK_FALSE(complete(fragments, 2));
    }
    SUBCASE("bytes they take") {
        Fragments fragments({.bytes = 200'000});
        fragment.offset = 65'000;
        for (std::uint32_t id = 0; id < 1000; ++id) {
            fragment.id = id;
            fragments.add(fragment);
            CHECK(fragments.bytes() <= 200'000);
        }
        CHECK(fragments.datagrams() == 3);
    }
    SUBCASE("time") {
        Fragments fragments;
        fragment.time = Time{Nanoseconds{0}};
        fragments.add(fragment);
        fragment.id = 1;
        fragment.time += std::chrono::seconds(31);
        fragments.add(fragment);
        CHECK(fragments.datagrams() == 1);
    }
    SUBCASE("nothing is left of what was completed") {
        Fragments fragments;
        fragments.add(fragment);
        CHECK(complete(fragments, 0));
        CHECK(fragments.datagrams() == 0);
        CHECK(fragments.bytes() == 0);
    }
}
