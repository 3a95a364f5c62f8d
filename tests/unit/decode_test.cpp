#include "decode/decoder.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "frame_builder.hpp"

using namespace podsnoop;
using namespace podsnoop::test;

namespace {

const std::string request = "GET / HTTP/1.1\r\n\r\n";

struct Outcome {
    Decoded decoded;
    Segment segment;
};
bool is_same(const Segment& a, const Segment& b) {
    return a.time == b.time && a.source == b.source && a.destination == b.destination && a.seq == b.seq && a.ack == b.ack &&
           a.flags == b.flags && a.window == b.window && a.interface == b.interface && a.payload.data() == b.payload.data() &&
           a.payload.size() == b.payload.size() && a.length == b.length;
}
/// By itself, and as one of many, which has a quick way for what is usual: both say the same. Of a fragment the second knows more.
Outcome decoded(const Packet& packet) {
    Outcome outcome{};
    outcome.decoded = decode(packet, outcome.segment);
    Segment among_others;
    if (outcome.decoded != Decoded::fragment) CHECK(Decoder().decode(packet, among_others) == outcome.decoded);
    if (outcome.decoded == Decoded::segment) CHECK(is_same(among_others, outcome.segment));
    return outcome;
}

/// Whether the packet is the segment with `request` as its payload and nothing else.
bool carries_request(const Packet& packet) {
    const auto [decoded, segment] = ::decoded(packet);
    return decoded == Decoded::segment && as_text(segment.payload) == request && segment.length == request.size();
}
bool carries_request(const Buffer& frame, LinkType link = LinkType::ethernet) { return carries_request(packet_of(frame, link)); }
bool network_carries_request(std::uint16_t protocol, const Buffer& data) {
    Packet packet = packet_of(data, LinkType::network);
    packet.protocol = protocol;
    return carries_request(packet);
}

Decoded decoded_as(const Buffer& frame) { return decoded(packet_of(frame)).decoded; }

Buffer extension(std::uint8_t next, std::uint8_t length, std::size_t size, const Buffer& payload) {
    return Buffer().u8(next).u8(length).zeros(size - 2).add(payload);
}

}  // namespace

TEST_CASE("every field of a segment is filled in") {
    const Buffer frame =
        ethernet(ipv4({}, tcp({.seq = 0xfffffff0, .ack = 0x80000001, .flags = tcp_ack | tcp_fin, .window = 0xfedc}, request)));
    Packet packet = packet_of(frame);
    packet.time = Time{Nanoseconds{123456789}};
    packet.interface = 7;
    const auto [decoded, segment] = ::decoded(packet);
    REQUIRE(decoded == Decoded::segment);
    CHECK(segment.time == packet.time);
    CHECK(segment.interface == 7);
    CHECK(segment.source == endpoint("10.0.0.1", 40000));
    CHECK(segment.destination == endpoint("10.0.0.2", 80));
    CHECK(segment.seq == 0xfffffff0);
    CHECK(segment.ack == 0x80000001);
    CHECK(segment.flags == (tcp_ack | tcp_fin));
    CHECK(segment.window == 0xfedc);
    CHECK(as_text(segment.payload) == request);
    CHECK(segment.length == request.size());
}

TEST_CASE("nothing of an earlier segment stays") {
    const Buffer v6 = ethernet(ipv6({}, tcp({}, request))), v4 = ethernet(ipv4({}, tcp({})));
    Segment segment;
    REQUIRE(decode(packet_of(v6), segment) == Decoded::segment);
    CHECK(segment.source == endpoint("fd00::1", 40000));
    CHECK(segment.destination == endpoint("fd00::2", 80));
    REQUIRE(decode(packet_of(v4), segment) == Decoded::segment);
    CHECK(segment.source == endpoint("10.0.0.1", 40000));
    CHECK(segment.payload.empty());
    CHECK(segment.length == 0);
}

TEST_CASE("every link type leads to the same segment") {
    for (const Buffer& ip : {ipv4({}, tcp({}, request)), ipv6({}, tcp({}, request))}) {
        const std::uint16_t type = ether_type(ip);
        CAPTURE(type);
        CHECK(carries_request(ethernet(ip)));
        CHECK(network_carries_request(type, ip));
        CHECK(carries_request(ip, LinkType::raw_ip));
        CHECK(carries_request(linux_sll(type, ip), LinkType::linux_sll));
        CHECK(carries_request(linux_sll2(type, ip), LinkType::linux_sll2));
        for (const unsigned family : type == 0x0800 ? std::vector{2u} : std::vector{10u, 24u, 28u, 30u}) {
            CAPTURE(family);
            CHECK(carries_request(Buffer().u32(family).add(ip), LinkType::null_loop));
            CHECK(carries_request(Buffer().u32(family << 24).add(ip), LinkType::null_loop));
        }
    }
}

TEST_CASE("VLAN tags are passed, up to four") {
    const Buffer ip = ipv4({}, tcp({}, request));
    CHECK(carries_request(ethernet(0x8100, vlan(100, ip))));
    CHECK(carries_request(ethernet(0x88a8, vlan(5, 0x8100, vlan(0xffff, ipv6({}, tcp({}, request)))))));
    const Buffer three = vlan(3, 0x8100, vlan(2, 0x8100, vlan(1, ip)));
    CHECK(carries_request(ethernet(0x88a8, vlan(4, 0x8100, three))));
    CHECK(decoded_as(ethernet(0x88a8, vlan(5, 0x88a8, vlan(4, 0x8100, three)))) == Decoded::not_tcp);
    CHECK(decoded_as(ethernet(0x8100, vlan(100, ip)).first(16)) == Decoded::malformed);
}

TEST_CASE("a cooked VLAN packet starts with the rest of its tag or with the IP header") {
    for (const std::uint16_t type : {std::uint16_t{0x8100}, std::uint16_t{0x88a8}}) {
        for (const Buffer& ip :
             {ipv4({}, tcp({}, request)), ipv4({.total_length = 0}, tcp({}, request)), ipv6({}, tcp({}, request))}) {
            CHECK(network_carries_request(type, ip));
            CHECK(carries_request(linux_sll(type, ip), LinkType::linux_sll));
            CHECK(carries_request(linux_sll2(type, ip), LinkType::linux_sll2));
            // Priorities 2 and 3 make the tag's first byte look like an IP version.
            for (const unsigned tci : {0x0064u, 0x4564u, 0x6064u}) {
                CAPTURE(tci);
                CHECK(network_carries_request(type, vlan(static_cast<std::uint16_t>(tci), ip)));
                CHECK(network_carries_request(0x88a8, vlan(static_cast<std::uint16_t>(tci), 0x8100, vlan(9, ip))));
            }
        }
    }
}

TEST_CASE("IPv4 and TCP options are passed") {
    const Buffer ip_options = Buffer().u32(0x07270400).zeros(36), tcp_options = Buffer().u32(0x0101080a).u64(42);
    CHECK(carries_request(ethernet(ipv4({.options = ip_options}, tcp({}, request)))));
    CHECK(carries_request(ethernet(ipv4({}, tcp({.options = tcp_options}, request)))));
    CHECK(carries_request(ethernet(ipv4({.options = ip_options}, tcp({.options = Buffer().zeros(40)}, request)))));
}

TEST_CASE("IPv6 extension headers are passed") {
    const Buffer segment = tcp({}, request);
    for (const int number : {0, 43, 60, 135}) {
        CAPTURE(number);
        const auto type = static_cast<std::uint8_t>(number);
        CHECK(carries_request(ethernet(ipv6({.next = type}, extension(6, 0, 8, segment)))));
        CHECK(carries_request(ethernet(ipv6({.next = type}, extension(6, 2, 24, segment)))));
    }
    CHECK(carries_request(ethernet(ipv6({.next = 51}, extension(6, 4, 24, segment)))));
    CHECK(carries_request(
        ethernet(ipv6({.next = 0}, extension(60, 1, 16, extension(44, 0, 8, ipv6_fragment(6, 0, false, segment)))))));
    CHECK(decoded_as(ethernet(ipv6({.next = 59}, segment))) == Decoded::not_tcp);
    CHECK(decoded_as(ethernet(ipv6({.next = 50}, segment))) == Decoded::not_tcp);
    CHECK(decoded_as(ethernet(ipv6({.next = 0}, extension(6, 255, 8, segment)))) == Decoded::malformed);
}

TEST_CASE("fragments are told from whole packets") {
    const Buffer segment = tcp({}, request);
    CHECK(decoded_as(ethernet(ipv4({.fragment = 0x2000}, segment))) == Decoded::fragment);
    CHECK(decoded_as(ethernet(ipv4({.fragment = 0x0001}, segment))) == Decoded::fragment);
    CHECK(carries_request(ethernet(ipv4({.fragment = 0x4000}, segment))));  // don't fragment
    CHECK(decoded_as(ethernet(ipv4({.protocol = 17, .fragment = 0x2000}, segment))) == Decoded::not_tcp);

    const auto v6 = [&](std::uint8_t next, std::uint16_t offset_and_more) {
        return ethernet(ipv6({.next = 44}, ipv6_fragment(next, offset_and_more, false, segment)));
    };
    CHECK(carries_request(v6(6, 0)));  // atomic
    CHECK(carries_request(v6(6, 0x0006)));  // its reserved bits say nothing
    CHECK(decoded_as(v6(6, 1)) == Decoded::fragment);
    CHECK(decoded_as(v6(6, 8)) == Decoded::fragment);
    CHECK(decoded_as(v6(60, 8)) == Decoded::fragment);
    CHECK(decoded_as(v6(17, 8)) == Decoded::fragment);  // perhaps a tunnel's
    CHECK(decoded_as(v6(58, 8)) == Decoded::not_tcp);
}

TEST_CASE("padding and trailers are no payload") {
    const Buffer bare = ethernet(ipv4({}, tcp({}))).zeros(6);
    const auto [decoded, segment] = ::decoded(packet_of(bare));
    CHECK(decoded == Decoded::segment);
    CHECK(segment.payload.empty());
    CHECK(segment.length == 0);
    CHECK(carries_request(ethernet(ipv4({}, tcp({}, request))).add("trailer")));
    CHECK(carries_request(ethernet(ipv6({}, tcp({}, request))).add("trailer")));
}

TEST_CASE("the frame's length stands in for an IP length that cannot say it") {
    const std::string large(100'000, 'x');
    const Buffer segment = tcp({}, large);
    for (const Buffer& frame :
         {ethernet(ipv4({.total_length = 0}, segment)), ethernet(ipv6({.payload_length = 0}, segment)),
          ethernet(ipv6({.next = 0, .payload_length = 0}, Buffer().u32(0x0600c204).u32(100'028).add(segment)))}) {
        const auto [decoded, segment_seen] = ::decoded(packet_of(frame));
        CHECK(decoded == Decoded::segment);
        CHECK(segment_seen.length == large.size());
        CHECK(segment_seen.payload.size() == large.size());
    }
    CHECK(carries_request(ethernet(ipv4({.total_length = 1500}, tcp({}, request)))));
}

TEST_CASE("a frame longer than any packet is not believed where IP tells no length") {
    for (const Buffer& frame :
         {ethernet(ipv4({.total_length = 0}, tcp({}, request))), ethernet(ipv6({.payload_length = 0}, tcp({}, request)))}) {
        Packet packet = packet_of(frame);
        packet.wire_length = 500'000;  // what segmentation offload may put together
        CHECK(::decoded(packet).decoded == Decoded::segment);
        packet.wire_length = 0xffffffff;
        CHECK(::decoded(packet).decoded == Decoded::malformed);
    }
    const Buffer frame = ethernet(ipv4({}, tcp({}, request)));
    Packet packet = packet_of(frame);
    packet.wire_length = 0xffffffff;
    const auto [decoded, segment] = ::decoded(packet);
    CHECK(decoded == Decoded::segment);
    CHECK(segment.length == request.size());
}

TEST_CASE("a short capture keeps the length on the wire") {
    const Buffer frame = ethernet(ipv4({}, tcp({}, request))).zeros(3);
    const std::size_t headers = 14 + 20 + 20;
    for (std::size_t captured = 0; captured <= frame.size(); ++captured) {
        CAPTURE(captured);
        const Buffer part = frame.first(captured);
        const auto [decoded, segment] = ::decoded(packet_of(part, LinkType::ethernet, frame.size()));
        if (captured < headers) {
            CHECK(decoded == Decoded::malformed);
            continue;
        }
        CHECK(decoded == Decoded::segment);
        CHECK(segment.length == request.size());
        CHECK(as_text(segment.payload) == request.substr(0, captured - headers));
    }
}

TEST_CASE("a capture that ends inside the TCP options tells the rest") {
    const Buffer frame = ethernet(ipv4({}, tcp({.flags = tcp_ack | tcp_psh, .options = Buffer().zeros(12)}, request)));
    for (std::size_t captured = 54; captured <= 66; ++captured) {
        CAPTURE(captured);
        const Buffer part = frame.first(captured);
        const auto [decoded, segment] = ::decoded(packet_of(part, LinkType::ethernet, frame.size()));
        CHECK(decoded == Decoded::segment);
        CHECK(segment.flags == (tcp_ack | tcp_psh));
        CHECK(segment.length == request.size());
        CHECK(segment.payload.empty());
    }
}

TEST_CASE("headers that contradict themselves are malformed") {
    const Buffer segment = tcp({}, request);
    CHECK(decoded_as(ethernet(ipv4({.header_words = 4}, segment))) == Decoded::malformed);
    CHECK(decoded_as(ethernet(ipv4({.header_words = 15}, tcp({})))) == Decoded::malformed);
    CHECK(decoded_as(ethernet(ipv4({.total_length = 19}, segment))) == Decoded::malformed);
    CHECK(decoded_as(ethernet(ipv4({.total_length = 39}, segment))) == Decoded::malformed);
    CHECK(decoded_as(ethernet(ipv6({.payload_length = 19}, segment))) == Decoded::malformed);
    CHECK(decoded_as(ethernet(0x0800, ipv6({}, segment))) == Decoded::malformed);
    CHECK(decoded_as(ethernet(0x86dd, ipv4({}, segment))) == Decoded::malformed);
    CHECK(decoded_as(ethernet(ipv4({}, tcp({.header_words = 4}, request)))) == Decoded::malformed);
    CHECK(decoded_as(ethernet(ipv4({}, tcp({.header_words = 15}, "short")))) == Decoded::malformed);
    CHECK(decoded({}).decoded == Decoded::malformed);
}

TEST_CASE("what is not TCP is said to be so") {
    CHECK(decoded_as(ethernet(0x0806, Buffer().zeros(28))) == Decoded::not_tcp);
    CHECK(decoded_as(ethernet(ipv4({.protocol = 17}, Buffer().zeros(8)))) == Decoded::not_tcp);
    CHECK(decoded_as(ethernet(ipv6({.next = 58}, Buffer().zeros(8)))) == Decoded::not_tcp);
    CHECK(decoded_as(ethernet(0x0026, Buffer().zeros(38))) == Decoded::not_tcp);  // 802.3 with a length
    const Buffer unknown_family = Buffer().u32(7).zeros(40), no_version = Buffer().zeros(40);
    CHECK(decoded(packet_of(unknown_family, LinkType::null_loop)).decoded == Decoded::not_tcp);
    CHECK(decoded(packet_of(no_version, LinkType::raw_ip)).decoded == Decoded::not_tcp);
}
