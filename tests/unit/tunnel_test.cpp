// Tunnels: each kind, one in another, and what only looks like one.
#include <doctest/doctest.h>

#include <random>
#include <string>
#include <vector>

#include "decode/decoder.hpp"
#include "frame_builder.hpp"
#include "http/tracer.hpp"
#include "reassemble/reassembler.hpp"

using namespace podsnoop;
using namespace podsnoop::test;

namespace {

const std::string request = "GET / HTTP/1.1\r\n\r\n";

/// The inner packet, from pod to pod; the outer ones have the builder's addresses, from node to node.
Buffer pod4(const Buffer& payload = request) {
    return ipv4({.source = "10.244.0.7", .destination = "10.244.1.9"}, tcp({.source = 51234, .destination = 8080}, payload));
}
Buffer pod6(const Buffer& payload = request) {
    return ipv6({.source = "fd01::7", .destination = "fd01::9"}, tcp({.source = 51234, .destination = 8080}, payload));
}
Buffer node4(std::uint8_t protocol, const Buffer& payload) { return ipv4({.protocol = protocol}, payload); }
Buffer node6(std::uint8_t next, const Buffer& payload) { return ipv6({.next = next}, payload); }

bool between_pods(const Segment& segment) {
    return (segment.source == endpoint("10.244.0.7", 51234) && segment.destination == endpoint("10.244.1.9", 8080)) ||
           (segment.source == endpoint("fd01::7", 51234) && segment.destination == endpoint("fd01::9", 8080));
}

Decoded decoded_as(const Buffer& frame) {
    Segment segment;
    return decode(packet_of(frame), segment);
}

bool carries_request(const Buffer& frame) {
    Segment segment;
    return decode(packet_of(frame), segment) == Decoded::segment && between_pods(segment) &&
           as_text(segment.payload) == request && segment.length == request.size();
}

struct Tunnelled {
    std::string name;
    Buffer frame;
};

std::vector<Tunnelled> tunnels() {
    const Buffer geneve_options = Buffer().u16(0x0102).u8(0x80).u8(1).u32(0xdeadbeef);
    const Buffer extension = Buffer().u8(17).u8(0).zeros(6).add(vxlan(ethernet(pod4())));
    return {
        {"VXLAN", ethernet(node4(17, vxlan(ethernet(pod4()))))},
        {"VXLAN, IPv6 inside", ethernet(node4(17, vxlan(ethernet(pod6()))))},
        {"VXLAN over IPv6", ethernet(node6(17, vxlan(ethernet(pod4()))))},
        {"VXLAN on flannel's port", ethernet(node4(17, vxlan(ethernet(pod4()), 8472)))},
        {"VXLAN with a group policy", ethernet(node4(17, vxlan(ethernet(pod4()), 4789, 0x88)))},
        {"VXLAN with a tag inside", ethernet(node4(17, vxlan(ethernet(0x8100, vlan(5, pod4())))))},
        {"VXLAN with two tags inside", ethernet(node4(17, vxlan(ethernet(0x88a8, vlan(5, 0x8100, vlan(6, pod6()))))))},
        {"VXLAN with a tag outside", ethernet(0x8100, vlan(5, node4(17, vxlan(ethernet(pod4())))))},
        {"VXLAN behind options", ethernet(ipv4({.protocol = 17, .options = Buffer().zeros(8)}, vxlan(ethernet(pod4()))))},
        {"VXLAN behind an extension header", ethernet(node6(60, extension))},
        {"VXLAN with padding", ethernet(node4(17, vxlan(ethernet(pod4()).zeros(6)))).zeros(6)},
        {"Geneve", ethernet(node4(17, geneve(ethernet(pod4()))))},
        {"Geneve with options", ethernet(node4(17, geneve(ethernet(pod6()), 0x6558, geneve_options)))},
        {"Geneve over IPv6", ethernet(node6(17, geneve(ethernet(pod4()), 0x6558, geneve_options)))},
        {"Geneve without Ethernet", ethernet(node4(17, geneve(pod4(), 0x0800)))},
        {"Geneve with the most options", ethernet(node4(17, geneve(ethernet(pod4()), 0x6558, Buffer().zeros(252))))},
        {"IPv4 in IPv4", ethernet(node4(4, pod4()))},
        {"IPv6 in IPv4", ethernet(node4(41, pod6()))},
        {"IPv4 in IPv6", ethernet(node6(4, pod4()))},
        {"IPv6 in IPv6", ethernet(node6(41, pod6()))},
        {"GRE", ethernet(node4(47, gre(0x0800, pod4())))},
        {"GRE, IPv6 inside", ethernet(node4(47, gre(0x86dd, pod6())))},
        {"GRE over IPv6", ethernet(node6(47, gre(0x0800, pod4())))},
        {"GRE with checksum", ethernet(node4(47, gre(0x0800, pod4(), 0x8000)))},
        {"GRE with key", ethernet(node4(47, gre(0x0800, pod4(), 0x2000)))},
        {"GRE with sequence number", ethernet(node4(47, gre(0x0800, pod4(), 0x1000)))},
        {"GRE with all three", ethernet(node4(47, gre(0x86dd, pod6(), 0xb000)))},
        {"GRE with Ethernet (NVGRE)", ethernet(node4(47, gre(0x6558, ethernet(pod4()), 0x2000)))},
        {"GRE with a tag inside", ethernet(node4(47, gre(0x6558, ethernet(0x8100, vlan(5, pod4())))))},
        {"MPLS", ethernet(0x8847, mpls(1, pod4()))},
        {"MPLS, upstream label", ethernet(0x8848, mpls(1, pod6()))},
        {"MPLS, eight labels", ethernet(0x8847, mpls(8, pod4()))},
        {"MPLS behind a tag", ethernet(0x8100, vlan(5, 0x8847, mpls(2, pod6())))},
        {"MPLS in GRE", ethernet(node4(47, gre(0x8847, mpls(2, pod4()))))},
        {"VXLAN behind MPLS", ethernet(0x8847, mpls(2, node4(17, vxlan(ethernet(pod4())))))},
        {"VXLAN in GRE in IPv6", ethernet(node6(41, ipv6({.next = 47}, gre(0x0800, node4(17, vxlan(ethernet(pod4())))))))},
    };
}

/// The stages behind the decoder, for packets of several interfaces.
class Trace : public ExchangeSink {
  public:
    void take(const Buffer& frame, std::uint32_t interface) {
        Packet packet = packet_of(frame);
        packet.time = now_ += std::chrono::milliseconds(1);
        packet.interface = interface;
        Segment segment;
        REQUIRE(decoder_.decode(packet, segment) == Decoded::segment);
        reassembler_.accept(segment);
    }
    void finish() { reassembler_.finish(now_); }

    bool wants(const ConnectionInfo&) const override { return true; }
    void begins(const ConnectionInfo&) override {}
    void told(Exchange& exchange) override { exchanges.push_back(exchange); }
    void hint(const FlowHint&) override {}
    const Interface& interface(std::uint32_t index) const override { return interfaces_[index]; }

    std::vector<Exchange> exchanges;

  private:
    Interface interfaces_[2] = {{"eth0", 1}, {"vxlan0", 1}};
    Ledger ledger_;
    HttpTracer tracer_{*this, ledger_, {}};
    Reassembler reassembler_{tracer_, {}, 7};
    Decoder decoder_;
    Time now_{Nanoseconds{1'000'000'000}};
};

}  // namespace

TEST_CASE("the segment inside a tunnel is the one that counts") {
    for (const auto& [name, frame] : tunnels()) {
        CAPTURE(name);
        CHECK(carries_request(frame));
        Segment segment;
        CHECK(decode(packet_of(frame), segment, {.decapsulate = false}) == Decoded::not_tcp);
    }
}

TEST_CASE("a tunnel's packet cut anywhere never gives another segment") {
    for (const auto& [name, frame] : tunnels()) {
        CAPTURE(name);
        for (std::size_t size = 0; size < frame.size(); ++size) {
            CAPTURE(size);
            const Buffer start = frame.first(size);
            Segment segment;
            // A capture with a short snap length still tells the segment if its header is there.
            const Decoded cut = decode(packet_of(start, LinkType::ethernet, frame.size()), segment);
            if (cut == Decoded::segment) {
                CHECK(between_pods(segment));
                CHECK(request.starts_with(as_text(segment.payload)));
                CHECK(segment.length == request.size());
            } else {
                CHECK((cut == Decoded::malformed || cut == Decoded::not_tcp));
            }
            // A frame that was no longer than this: what is inside does not fit, so it is nothing, but for
            // padding.
            const Decoded shorter = decode(packet_of(start, LinkType::ethernet, std::max<std::size_t>(size, 1)), segment);
            if (shorter == Decoded::segment) CHECK(carries_request(start));
        }
    }
}

TEST_CASE("tunnels are seen through up to three deep") {
    const auto nested = [](int depth) {
        Buffer packet = pod4();
        for (int i = 0; i < depth; ++i) packet = node4(4, packet);
        return ethernet(packet);
    };
    CHECK(carries_request(nested(3)));
    CHECK(decoded_as(nested(4)) == Decoded::not_tcp);
    CHECK(carries_request(ethernet(0x8847, mpls(15, pod4()))));
    CHECK(decoded_as(ethernet(0x8847, mpls(16, pod4()))) == Decoded::not_tcp);
}

TEST_CASE("what only looks like a tunnel is not TCP") {
    const Buffer inner = ethernet(pod4());
    CHECK(decoded_as(ethernet(node4(17, vxlan(inner, 4789, 0x00)))) == Decoded::not_tcp);  // no VNI
    CHECK(decoded_as(ethernet(node4(17, vxlan(inner, 4790)))) == Decoded::not_tcp);        // another port
    CHECK(decoded_as(ethernet(node4(17, vxlan(ethernet(0x0806, pod4()))))) == Decoded::not_tcp);
    CHECK(decoded_as(ethernet(node4(17, vxlan(ethernet(0x86dd, pod4()))))) == Decoded::not_tcp);
    CHECK(decoded_as(ethernet(node4(17, geneve(inner, 0x6558, {}, 1)))) == Decoded::not_tcp);  // version
    CHECK(decoded_as(ethernet(node4(17, geneve(inner, 0x6558, {}, 0, 0x80)))) == Decoded::not_tcp);  // control
    CHECK(decoded_as(ethernet(node4(17, geneve(inner, 0x0800)))) == Decoded::not_tcp);
    CHECK(decoded_as(ethernet(node4(4, pod6()))) == Decoded::not_tcp);
    CHECK(decoded_as(ethernet(node4(47, gre(0x0800, pod4(), 0x0001)))) == Decoded::not_tcp);  // PPTP's
    CHECK(decoded_as(ethernet(node4(47, gre(0x0800, pod4(), 0x4000)))) == Decoded::not_tcp);  // source route
    CHECK(decoded_as(ethernet(node4(47, gre(0x88be, inner)))) == Decoded::not_tcp);           // ERSPAN
    CHECK(decoded_as(ethernet(0x8847, mpls(1, Buffer().u32(0).add(inner)))) == Decoded::not_tcp);  // pseudowire
    // An inner packet longer than the outer one, and one without a length.
    for (const int wrong : {0, 19, 1400}) {
        const auto length = static_cast<std::uint16_t>(wrong);
        const Buffer packet = ipv4({.total_length = length}, tcp({}, request));
        CHECK(decoded_as(ethernet(node4(4, packet))) == Decoded::not_tcp);
        CHECK(decoded_as(ethernet(node4(17, vxlan(ethernet(packet))))) == Decoded::not_tcp);
    }
    CHECK(decoded_as(ethernet(node4(4, ipv4({.header_words = 4}, tcp({}, request))))) == Decoded::not_tcp);
    CHECK(decoded_as(ethernet(node6(41, ipv6({.payload_length = 1400}, tcp({}, request))))) == Decoded::not_tcp);
    // The inner TCP header is TCP's own business.
    CHECK(decoded_as(ethernet(node4(4, ipv4({}, tcp({.header_words = 4}, request))))) == Decoded::malformed);
}

TEST_CASE("noise on a tunnel's port is not TCP") {
    std::mt19937 random(20);
    for (const int number : {4789, 8472, 6081}) {
        const auto port = static_cast<std::uint16_t>(number);
        for (int i = 0; i < 20'000; ++i) {
            Buffer noise;
            for (std::size_t left = random() % 200; left > 0; --left) noise.u8(random() & 0xff);
            CHECK(decoded_as(ethernet(node4(17, udp(port, noise)))) == Decoded::not_tcp);
        }
        for (const char byte : {'\0', '\xff', '\x08', '\x45'})
            CHECK(decoded_as(ethernet(node4(17, udp(port, std::string(100, byte))))) == Decoded::not_tcp);
    }
}

TEST_CASE("a frame of segmentation offload in a tunnel") {
    const std::string large(100'000, 'x');
    Segment segment;
    const auto inner = [&](std::uint16_t length) { return ipv4({.total_length = length}, tcp({}, large)); };
    const Buffer frame = ethernet(ipv4({.protocol = 4, .total_length = 0}, inner(0)));
    REQUIRE(decode(packet_of(frame), segment) == Decoded::segment);
    CHECK(segment.length == large.size());
}

TEST_CASE("a packet seen inside and outside of its tunnel is one") {
    const auto pod = [](bool server, const Tcp& fields, const Buffer& payload) {
        Tcp turned = fields;
        turned.source = server ? 80 : 40000;
        turned.destination = server ? 40000 : 80;
        return ipv4({.source = server ? "10.244.1.9" : "10.244.0.7", .destination = server ? "10.244.0.7" : "10.244.1.9"},
                    tcp(turned, payload));
    };
    const std::string response = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    const auto after = [](std::uint32_t seq, const std::string& text) { return seq + static_cast<std::uint32_t>(text.size()); };
    const std::vector<Buffer> packets = {
        pod(false, {.seq = 100, .flags = tcp_syn}, {}),
        pod(true, {.seq = 900, .ack = 101, .flags = tcp_syn | tcp_ack}, {}),
        pod(false, {.seq = 101, .ack = 901}, {}),
        pod(false, {.seq = 101, .ack = 901}, request),
        pod(true, {.seq = 901, .ack = after(101, request)}, response),
        pod(false, {.seq = after(101, request), .ack = after(901, response)}, request),
        pod(true, {.seq = after(901, response), .ack = after(101, request + request)}, response),
    };
    const bool from_server[] = {false, true, false, false, true, false, true};
    for (const std::size_t first : {0u, 2u}) {  // from the handshake on, and in the middle
        CAPTURE(first);
        Trace trace;
        for (std::size_t i = first; i < packets.size(); ++i) {
            // What is sent passes the tunnel's device first, what arrives the network card.
            const Buffer inside = ethernet(packets[i]), outside = ethernet(node4(17, vxlan(inside)));
            trace.take(from_server[i] ? outside : inside, from_server[i] ? 0 : 1);
            trace.take(from_server[i] ? inside : outside, from_server[i] ? 1 : 0);
        }
        trace.finish();
        REQUIRE(trace.exchanges.size() == 2);
        for (const Exchange& exchange : trace.exchanges) {
            CHECK(exchange.client.endpoint == endpoint("10.244.0.7", 40000));
            CHECK(exchange.server.endpoint == endpoint("10.244.1.9", 80));
            CHECK(exchange.response.status == 200);
            CHECK(exchange.end == ExchangeEnd::complete);
            CHECK((exchange.flags & flag_retransmit) == 0);
        }
    }
}
