// Which packets the filter takes for TCP, and where it finds the segment in them.
#include <bpf/bpf.h>
#include <doctest/doctest.h>

#include <string_view>

#include "filter_run.hpp"
#include "privileges.hpp"

using namespace podsnoop;

namespace {

const std::string request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

std::uint32_t length_of(const Crafted& packet) { return static_cast<std::uint32_t>(packet.packet().size()); }

/// An IPv6 extension header of `size` bytes: what comes next, and its length in units of its own.
std::string extension(char next, char length, std::size_t size) {
    std::string header(size, '\0');
    header[0] = next;
    header[1] = length;
    return header;
}

}  // namespace

TEST_CASE("TCP with payload is kept whole, bare ACKs are skipped, each counted once") {
    auto run = FilterRun::load();
    NEEDS(run);
    Crafted payload{.payload = request};
    CHECK((*run)(payload) == length_of(payload));
    Crafted bare{.seq = 2000};
    CHECK((*run)(bare) == 0);
    for (const char* flags : {"S", "SA", "FA", "R", "RA"}) {
        CAPTURE(flags);
        Crafted control{.flags = flags};
        CHECK((*run)(control) == length_of(control));
    }
    const auto counts = run->filter.counts();
    REQUIRE(counts);
    CHECK(counts->seen == 7);
    CHECK(counts->kept == 6);
    CHECK(counts->skipped_ack == 1);
}

TEST_CASE("the payload is found behind options, extension headers and tags") {
    auto& run = FilterRun::shared();
    NEEDS(run);
    // A bare ACK is skipped only where its headers were understood: the sharpest test there is.
    const std::string timestamps = std::string("\1\1\x8\xa", 4) + be32(1) + be32(2);
    Crafted packet;
    std::uint16_t ethertype = ethertype_ipv4;
    std::string tags;
    SUBCASE("IPv4 options") { packet.ip_options = std::string(40, '\1'); }
    SUBCASE("TCP options") { packet.tcp_options = timestamps; }
    SUBCASE("Ethernet padding") { packet.padding = std::string(6, '\0'); }
    SUBCASE("BIG TCP, no length") { packet.ip_length = 0; }
    SUBCASE("IPv6") {
        packet.v6 = true;
        ethertype = ethertype_ipv6;
        SUBCASE("plain") {}
        SUBCASE("jumbo") { packet.ip_length = 0; }
        SUBCASE("hop-by-hop, routing, destination options") {
            packet.next = 0;
            packet.extensions = extension(43, 0, 8) + extension(60, 1, 16) + extension(6, 0, 8);
        }
        SUBCASE("authentication") {
            packet.next = 51;
            packet.extensions = extension(6, 4, 24);
        }
        SUBCASE("atomic fragment") {
            packet.next = 44;
            packet.extensions = extension(6, 0, 8);
        }
        SUBCASE("eight extension headers") {
            packet.next = 60;
            for (int i = 0; i < 7; ++i) packet.extensions += extension(60, 0, 8);
            packet.extensions += extension(6, 0, 8);
        }
    }
    SUBCASE("VLAN") {
        ethertype = ethertype_vlan;
        SUBCASE("rest of one tag") { tags = be16(5) + be16(ethertype_ipv4); }
        SUBCASE("of two") { tags = be16(5) + be16(ethertype_vlan) + be16(6) + be16(ethertype_ipv4); }
        SUBCASE("of four") {
            tags = be16(5) + be16(0x88a8);
            for (int i = 0; i < 2; ++i) tags += be16(6) + be16(ethertype_vlan);
            tags += be16(7) + be16(ethertype_ipv4);
        }
        SUBCASE("a TCI that looks like IPv4") { tags = be16(0x4500) + be16(ethertype_ipv4); }
        SUBCASE("a TCI that looks like IPv6") { tags = be16(0x6000) + be16(ethertype_ipv4); }
        SUBCASE("none: the tag is before the network header") {}
        SUBCASE("none, IPv6") { packet.v6 = true; }
        SUBCASE("rest of one tag, IPv6") {
            packet.v6 = true;
            tags = be16(5) + be16(ethertype_ipv6);
        }
    }
    const auto before = run->filter.counts();
    CHECK(run->run(ethertype, tags + packet.packet()) == 0);
    const auto counts = run->filter.counts();
    REQUIRE(before);
    REQUIRE(counts);
    CHECK(counts->skipped_ack == before->skipped_ack + 1);

    packet.payload = request;
    const std::string whole = tags + packet.packet();
    CHECK(run->run(ethertype, whole) == whole.size());
}

TEST_CASE("what is not TCP is skipped, whatever it is") {
    auto run = FilterRun::load();
    NEEDS(run);
    Crafted udp{.payload = request, .next = 17};
    CHECK((*run)(udp) == 0);
    Crafted udp6{.payload = request, .v6 = true, .next = 17};
    CHECK((*run)(udp6) == 0);
    Crafted fragment{.payload = request, .next = 17, .fragment = 0x2000};
    CHECK((*run)(fragment) == 0);
    CHECK(run->run(0x0806, std::string(28, '\0')) == 0);
    CHECK(run->run(ethertype_vlan, be16(5) + be16(0x0806) + std::string(28, '\0')) == 0);
    std::string five_tags = be16(5) + be16(ethertype_vlan);
    for (int i = 0; i < 4; ++i) five_tags += be16(6) + be16(ethertype_vlan);
    CHECK(run->run(ethertype_vlan, five_tags) == 0);
    Crafted wrong_version{.payload = request};
    std::string packet = wrong_version.packet();
    packet[0] = '\x55';
    CHECK(run->run(ethertype_ipv4, packet) == 0);
    const auto counts = run->filter.counts();
    REQUIRE(counts);
    CHECK(counts->seen == 7);
    CHECK(counts->skipped_not_tcp == 7);
}

TEST_CASE("a socket has room for the filter, and for the one that stops it beside") {
    auto run = FilterRun::load();
    NEEDS(run);
    // Of net.core.optmem_max, before Linux 6.7, with what the kernel keeps of a program beside its instructions.
    constexpr __u32 room = 20480, beside = 480;
    bpf_prog_info info{};
    __u32 size = sizeof(info);
    REQUIRE(bpf_obj_get_info_by_fd(run->filter.program_fd(), &info, &size) == 0);
    CHECK(info.xlated_prog_len > 10'000);
    CHECK(info.xlated_prog_len < room - beside);
}

TEST_CASE("fragments and damaged TCP are kept for the decoder to count") {
    auto run = FilterRun::load();
    NEEDS(run);
    for (const int fragment : {0x2000, 0x0010, 0x2010}) {
        Crafted piece{.payload = request, .fragment = static_cast<std::uint16_t>(fragment)};
        CHECK((*run)(piece) == length_of(piece));
    }
    Crafted whole{.fragment = 0x4000};  // "don't fragment"
    CHECK((*run)(whole) == 0);
    Crafted piece6{.payload = request, .v6 = true, .extensions = std::string("\6\0\0\1\0\0\0\7", 8), .next = 44};
    CHECK((*run)(piece6) == length_of(piece6));

    Crafted segment{.payload = request};
    std::string packet = segment.packet();
    packet[32] = '\x40';  // a data offset of 16 bytes
    CHECK(run->run(ethertype_ipv4, packet) == packet.size());
    packet[32] = '\xf0';  // of 60, beyond the packet's end
    CHECK(run->run(ethertype_ipv4, packet.substr(0, 50)) == 50);
    CHECK(run->run(ethertype_ipv4, packet.substr(0, 30)) == 30);  // ends in the TCP header
    const auto counts = run->filter.counts();
    REQUIRE(counts);
    CHECK(counts->kept == 7);
    CHECK(counts->skipped_ack == 1);
}

TEST_CASE("short payloads are kept") {
    auto run = FilterRun::load();
    NEEDS(run);
    for (std::size_t length = 1; length <= request.size(); ++length) {
        Crafted packet{.payload = request.substr(0, length)};
        CHECK((*run)(packet) == length_of(packet));
    }
}

TEST_CASE("the client's last ACK of the handshake is kept, once") {
    auto run = FilterRun::load();
    NEEDS(run);
    Crafted ack{.seq = 1001};
    CHECK((*run)(ack) == 0);
    Crafted syn{.seq = 1000, .flags = "S"};
    CHECK((*run)(syn) != 0);
    Crafted syn_ack{.from_server = true, .seq = 5000, .flags = "SA"};
    CHECK((*run)(syn_ack) != 0);
    Crafted server_ack{.from_server = true, .seq = 5001};
    CHECK((*run)(server_ack) == 0);
    CHECK((*run)(ack) == length_of(ack));
    CHECK((*run)(ack) == 0);

    Crafted syn_with_data{.seq = 7000, .flags = "S", .payload = request};
    CHECK((*run)(syn_with_data) == length_of(syn_with_data));
    Crafted after{.seq = 7001 + static_cast<std::uint32_t>(request.size())};
    CHECK((*run)(after) == length_of(after));
}

TEST_CASE("for connections, the headers of every segment are kept, and nothing of its payload") {
    auto run = FilterRun::load({.keep = Keep::tcp_headers});
    NEEDS(run);
    CHECK_FALSE(run->filter.skips_bodies());
    Crafted packet;
    SUBCASE("bare ACK") {}
    SUBCASE("request") { packet.payload = request; }
    SUBCASE("anything") { packet.payload = std::string(1400, 'x'); }
    SUBCASE("SYN with options") {
        packet.flags = "S";
        packet.tcp_options = std::string(20, '\1');
    }
    SUBCASE("FIN") { packet.flags = "FA"; }
    SUBCASE("RST") { packet.flags = "R"; }
    SUBCASE("IPv6") {
        packet.v6 = true;
        packet.payload = request;
    }
    CHECK((*run)(packet) == packet.headers());
    Crafted other{.payload = request, .next = 17};
    CHECK((*run)(other) == 0);
    Crafted fragment{.payload = request, .fragment = 0x2000};
    CHECK((*run)(fragment) == length_of(fragment));  // it has to be put together first
    const auto counts = run->filter.counts();
    REQUIRE(counts);
    CHECK(counts->seen == 3);
    CHECK(counts->kept == 2);
    CHECK(counts->skipped_not_tcp == 1);
}
