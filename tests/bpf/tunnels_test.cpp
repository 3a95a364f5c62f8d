// The filter inside of tunnels: the same verdicts, counted from the outer network header, and the decoder
// agrees.
#include <doctest/doctest.h>

#include <functional>
#include <random>
#include <string>
#include <vector>

#include "../unit/frame_builder.hpp"
#include "decode/decoder.hpp"
#include "filter_run.hpp"
#include "privileges.hpp"

using namespace podsnoop;
using test::Buffer;
using test::ethernet;
using test::geneve;
using test::gre;
using test::ipv4;
using test::ipv6;
using test::mpls;
using test::udp;
using test::vlan;
using test::vxlan;

namespace {

const std::string request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

/// A way to wrap an IP packet, and the EtherType of the result.
struct Tunnel {
    std::string name;
    std::uint16_t type;
    std::function<Buffer(const Buffer&)> wrap;
};

const std::vector<Tunnel>& tunnels() {
    static const std::vector<Tunnel> all = {
        {"VXLAN", 0x0800, [](const Buffer& in) { return ipv4({.protocol = 17}, vxlan(ethernet(in))); }},
        {"VXLAN, 8472", 0x0800, [](const Buffer& in) { return ipv4({.protocol = 17}, vxlan(ethernet(in), 8472)); }},
        {"VXLAN over IPv6", 0x86dd, [](const Buffer& in) { return ipv6({.next = 17}, vxlan(ethernet(in))); }},
        {"VXLAN, tags inside", 0x0800,
         [](const Buffer& in) { return ipv4({.protocol = 17}, vxlan(ethernet(0x88a8, vlan(5, 0x8100, vlan(6, in))))); }},
        {"Geneve", 0x0800, [](const Buffer& in) { return ipv4({.protocol = 17}, geneve(ethernet(in))); }},
        {"Geneve with options", 0x86dd,
         [](const Buffer& in) { return ipv6({.next = 17}, geneve(ethernet(in), 0x6558, Buffer().u32(0x01028001).u32(7))); }},
        {"Geneve without Ethernet", 0x0800,
         [](const Buffer& in) { return ipv4({.protocol = 17}, geneve(in, test::ether_type(in))); }},
        {"IP in IPv4", 0x0800,
         [](const Buffer& in) {
             return ipv4({.protocol = static_cast<std::uint8_t>(test::ether_type(in) == 0x0800 ? 4 : 41)}, in);
         }},
        {"IP in IPv6", 0x86dd,
         [](const Buffer& in) { return ipv6({.next = static_cast<std::uint8_t>(test::ether_type(in) == 0x0800 ? 4 : 41)}, in); }},
        {"GRE", 0x0800, [](const Buffer& in) { return ipv4({.protocol = 47}, gre(test::ether_type(in), in)); }},
        {"GRE, checksum, key, sequence", 0x86dd,
         [](const Buffer& in) { return ipv6({.next = 47}, gre(test::ether_type(in), in, 0xb000)); }},
        {"GRE with Ethernet", 0x0800, [](const Buffer& in) { return ipv4({.protocol = 47}, gre(0x6558, ethernet(in), 0x2000)); }},
        {"MPLS", 0x8847, [](const Buffer& in) { return mpls(1, in); }},
        {"MPLS, eight labels", 0x8848, [](const Buffer& in) { return mpls(8, in); }},
        {"VXLAN in GRE in IPv6", 0x86dd,
         [](const Buffer& in) {
             return ipv6({.next = 41}, ipv6({.next = 47}, gre(0x0800, ipv4({.protocol = 17}, vxlan(ethernet(in))))));
         }},
    };
    return all;
}

std::string_view text_of(const Buffer& packet) { return packet.text(); }

Decoded decoded(std::uint16_t type, const Buffer& packet, Segment& segment) {
    Packet given = test::packet_of(packet, LinkType::network);
    given.protocol = type;
    return decode(given, segment);
}

}  // namespace

TEST_CASE("inside a tunnel as outside") {
    auto run = FilterRun::load();
    NEEDS(run);
    std::uint64_t skipped = 0;
    for (const Tunnel& tunnel : tunnels())
        for (const bool v6 : {false, true}) {
            CAPTURE(tunnel.name);
            CAPTURE(v6);
            const Buffer bare = tunnel.wrap(Crafted{.seq = 2000, .v6 = v6}.packet());
            CHECK(run->run(tunnel.type, text_of(bare)) == 0);
            const Buffer whole = tunnel.wrap(Crafted{.payload = request, .v6 = v6}.packet());
            CHECK(run->run(tunnel.type, text_of(whole)) == whole.size());
            const auto counts = run->filter.counts();
            REQUIRE(counts);
            CHECK(counts->skipped_ack == ++skipped);
            CHECK(counts->kept == skipped);
        }
}

TEST_CASE("a body in a tunnel is skipped, and headers are counted from the outer one") {
    auto run = FilterRun::load();
    NEEDS(run);
    std::uint64_t bodies = 0;
    std::uint16_t port = 40000;
    for (const Tunnel& tunnel : tunnels()) {
        CAPTURE(tunnel.name);
        ++port;
        const std::string head = "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", body(1000, 'x');
        std::uint32_t seq = 0x1007f800;
        const auto answer = [&](const std::string& payload) {
            const Crafted segment{.from_server = true, .seq = seq, .payload = payload, .client_port = port};
            seq += static_cast<std::uint32_t>(payload.size());
            return run->run(tunnel.type, text_of(tunnel.wrap(segment.packet())));
        };
        const Crafted ask{.payload = request, .ack = seq, .client_port = port};
        const auto headers = static_cast<std::uint32_t>(tunnel.wrap(ask.packet()).size() - request.size());
        CHECK(run->run(tunnel.type, text_of(tunnel.wrap(ask.packet()))) == headers + request.size());
        CHECK(answer(head + std::string(600, 'x')) == headers + head.size());
        CHECK(answer(body) == 0);
        CHECK(answer(body) == headers);  // over a border of 512 KiB
        // The same connection seen outside of the tunnel is the same to the memory of flows.
        CHECK((*run)(Crafted{.from_server = true, .seq = seq, .payload = body, .client_port = port}) == 0);
        const auto counts = run->filter.counts();
        REQUIRE(counts);
        CHECK(counts->skipped_body == (bodies += 2));
    }
}

TEST_CASE("--no-decap leaves tunnels alone") {
    auto run = FilterRun::load({.decapsulate = false});
    NEEDS(run);
    for (const Tunnel& tunnel : tunnels()) {
        CAPTURE(tunnel.name);
        CHECK(run->run(tunnel.type, text_of(tunnel.wrap(Crafted{.payload = request}.packet()))) == 0);
    }
    const Buffer piece = ipv4({.protocol = 17, .fragment = 0x0010}, request);
    CHECK(run->run(ethertype_ipv4, text_of(piece)) == 0);
    const auto counts = run->filter.counts();
    REQUIRE(counts);
    CHECK(counts->skipped_not_tcp == tunnels().size() + 1);
    const Crafted plain{.payload = request};
    CHECK((*run)(plain) == plain.packet().size());
}

TEST_CASE("three tunnels in one another, not four") {
    auto run = FilterRun::load();
    NEEDS(run);
    Buffer packet = Crafted{.payload = request}.packet();
    for (int depth = 1; depth <= 4; ++depth) {
        packet = ipv4({.protocol = 4}, packet);
        CHECK(run->run(ethertype_ipv4, text_of(packet)) == (depth <= 3 ? packet.size() : 0));
    }
    const Buffer inner = Crafted{.payload = request}.packet();
    CHECK(run->run(0x8847, text_of(mpls(15, inner))) == 15 * 4 + inner.size());
    CHECK(run->run(0x8847, text_of(mpls(16, inner))) == 0);
}

TEST_CASE("fragments of what may be a tunnel are kept whole") {
    auto run = FilterRun::load();
    NEEDS(run);
    const Buffer datagram = vxlan(ethernet(Crafted{.payload = request}.packet()));
    const auto piece4 = [](std::uint8_t protocol, std::uint16_t fragment, const Buffer& data) {
        return ipv4({.protocol = protocol, .fragment = fragment}, data);
    };
    for (const Buffer& kept :
         {piece4(17, 0x2000, datagram.first(48)), piece4(17, 6, datagram.first(48)), piece4(47, 0x2000, datagram),
          piece4(4, 3, datagram), piece4(41, 3, datagram), ipv4({.protocol = 17}, vxlan(ethernet(piece4(6, 0x2000, request))))})
        CHECK(run->run(ethertype_ipv4, text_of(kept)) == kept.size());
    for (const unsigned offset : {0u, 48u}) {
        const Buffer kept = ipv6({.next = 44}, test::ipv6_fragment(17, offset, true, datagram.first(48)));
        CHECK(run->run(ethertype_ipv6, text_of(kept)) == kept.size());
    }
    CHECK(run->run(ethertype_ipv4, text_of(piece4(17, 0x2000, udp(53, request)))) == 0);
    CHECK(run->run(ethertype_ipv4, text_of(piece4(1, 0x2000, request))) == 0);
    const Buffer dns6 = ipv6({.next = 44}, test::ipv6_fragment(17, 0, true, udp(53, request)));
    CHECK(run->run(ethertype_ipv6, text_of(dns6)) == 0);
}

TEST_CASE("what only looks like a tunnel is not TCP, and nothing that the decoder sees is lost") {
    auto run = FilterRun::load();
    NEEDS(run);
    std::mt19937 random(4);
    for (const std::uint16_t port : {std::uint16_t{4789}, std::uint16_t{8472}, std::uint16_t{6081}})
        for (int i = 0; i < 500; ++i) {
            Buffer noise;
            for (std::size_t left = random() % 200; left > 0; --left) noise.u8(random() & 0xff);
            CHECK(run->run(ethertype_ipv4, text_of(ipv4({.protocol = 17}, udp(port, noise)))) == 0);
        }
    auto counts = run->filter.counts();
    REQUIRE(counts);
    CHECK(counts->skipped_not_tcp == 1500);
    // Packets with some bytes of their headers changed, or their end gone.
    for (const Tunnel& tunnel : tunnels()) {
        CAPTURE(tunnel.name);
        for (const std::string& payload : {std::string(), request})
            for (int i = 0; i < 500; ++i) {
                std::string text(tunnel.wrap(Crafted{.seq = 2000, .payload = payload}.packet()).text());
                const std::size_t headers = text.size() - payload.size();
                for (std::size_t left = random() % 3; left > 0; --left) text[random() % headers] = static_cast<char>(random());
                if (i % 4 == 0) text.resize(40 + random() % (text.size() - 40));  // a test run takes no less
                const Buffer packet(text);
                Segment segment;
                const Decoded outcome = decoded(tunnel.type, packet, segment);
                const std::uint64_t acks = counts->skipped_ack, others = counts->skipped_not_tcp;
                const std::uint32_t kept = run->run(tunnel.type, text);
                counts = run->filter.counts();
                REQUIRE(counts);
                CAPTURE(i);
                if (kept != 0) {
                    CHECK(outcome != Decoded::not_tcp);
                } else if (counts->skipped_ack != acks) {
                    REQUIRE(outcome == Decoded::segment);
                    CHECK(segment.length == 0);
                } else if (counts->skipped_not_tcp != others) {
                    CHECK(outcome != Decoded::segment);
                    CHECK(outcome != Decoded::fragment);
                }
            }
    }
}

TEST_CASE("what a tunnel costs") {
    auto run = FilterRun::load();
    NEEDS(run);
    constexpr int repeat = 100'000;
    const std::string ack = Crafted{.seq = 5}.packet();
    const auto cost = [&](const Buffer& packet) { return run->nanoseconds(ethertype_ipv4, packet.text(), repeat); };
    const std::uint32_t in_vxlan = cost(ipv4({.protocol = 17}, vxlan(ethernet(ack))));
    const std::uint32_t dns = cost(ipv4({.protocol = 17}, udp(53, request)));
    MESSAGE("ns a run: ", in_vxlan, " ACK in VXLAN, ", dns, " other UDP");
    CHECK(in_vxlan < 5000);  // about twice the plain one's is usual
    CHECK(dns < 5000);
}
