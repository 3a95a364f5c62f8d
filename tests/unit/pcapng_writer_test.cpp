#include "capture/file/pcapng_writer.hpp"

#include <doctest/doctest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>

#include "capture_file.hpp"
#include "decode/decoder.hpp"
#include "frame_builder.hpp"

using namespace podsnoop;
using namespace podsnoop::test;

namespace {

Packet on(std::uint32_t interface, std::int64_t nanoseconds, Packet packet) {
    packet.interface = interface;
    packet.time = Time{Nanoseconds{nanoseconds}};
    return packet;
}

}  // namespace

TEST_CASE("what is written is read back") {
    const TemporaryFile file;
    auto writer = PcapngWriter::create(file.path());
    REQUIRE(writer);
    const Interface eth{"eth0", 4026532201}, tun{"tun0", 0};
    const Buffer ip = ipv4({}, tcp({}, "hello")), frame = ethernet(ip);
    const std::int64_t time = 1'795'247'365'123'456'789;
    Packet cooked = packet_of(ip, LinkType::network, 9000);
    cooked.protocol = 0x0800;
    REQUIRE(writer->write(on(7, time, packet_of(frame, LinkType::ethernet, 1514)), eth));
    REQUIRE(writer->write(on(3, time + 1, cooked), tun));
    REQUIRE(writer->write(on(7, time + 2, packet_of(frame)), eth));
    const PacketCounts counts{.seen = 3 + 100 + 20 + 3 + 4 + 5 + 6 + 7,
                              .kept = 3,
                              .skipped_not_tcp = 3,
                              .skipped_not_selected = 4,
                              .skipped_not_http = 5,
                              .skipped_body = 100,
                              .skipped_ack = 6,
                              .dropped_ring_full = 20,
                              .dropped_other = 7};
    REQUIRE(writer->finish(counts, Time{Nanoseconds{time - 5}}, Time{Nanoseconds{time + 7}}));

    const Reading reading = read_file(file.path());
    CHECK(reading.error == "");
    REQUIRE(reading.interfaces.size() == 2);
    CHECK(reading.interfaces[0].name == "eth0");
    CHECK(reading.interfaces[0].netns == 4026532201);
    CHECK(reading.interfaces[1].name == "tun0");
    CHECK(reading.interfaces[1].netns == 0);
    REQUIRE(reading.packets.size() == 3);
    for (std::size_t i = 0; i < 3; ++i) {
        CAPTURE(i);
        const Packet& packet = reading.packets[i].packet;
        CHECK(packet.time.time_since_epoch().count() == time + static_cast<std::int64_t>(i));
        CHECK(packet.interface == i % 2);
        CHECK(packet.link == (i == 1 ? LinkType::linux_sll2 : LinkType::ethernet));
        Packet again = packet;
        again.data = as_bytes(reading.packets[i].data);
        Segment segment;
        REQUIRE(decode(again, segment) == Decoded::segment);
        CHECK(as_text(segment.payload) == "hello");
    }
    CHECK(reading.packets[0].data == frame.text());
    CHECK(reading.packets[0].packet.wire_length == 1514);
    CHECK(reading.packets[1].packet.wire_length == 9020);  // with the header that was put before it
    for (const auto counter : {&PacketCounts::seen, &PacketCounts::kept, &PacketCounts::skipped_not_tcp,
                               &PacketCounts::skipped_not_selected, &PacketCounts::skipped_not_http, &PacketCounts::skipped_body,
                               &PacketCounts::skipped_ack, &PacketCounts::dropped_ring_full, &PacketCounts::dropped_other})
        CHECK(reading.counts.*counter == counts.*counter);
}

TEST_CASE("every link type comes back as one that decodes the same") {
    for (const LinkType link :
         {LinkType::ethernet, LinkType::raw_ip, LinkType::linux_sll, LinkType::linux_sll2, LinkType::null_loop}) {
        const TemporaryFile file;
        auto writer = PcapngWriter::create(file.path());
        const Buffer data("data");
        REQUIRE(writer->write(packet_of(data, link), {}));
        REQUIRE(writer->finish({}, {}, {}));
        const Reading reading = read_file(file.path());
        REQUIRE(reading.packets.size() == 1);
        CHECK(reading.packets[0].packet.link == link);
    }
}

TEST_CASE("a capture of nothing is a capture, and private") {
    const TemporaryFile file;
    unlink(file.path().c_str());
    auto writer = PcapngWriter::create(file.path());
    REQUIRE(writer);
    REQUIRE(writer->finish({.seen = 2, .skipped_not_tcp = 2}, {}, {}));
    const Reading reading = read_file(file.path());
    CHECK(reading.error == "");
    CHECK(reading.packets.empty());
    CHECK(reading.counts.skipped_not_tcp == 2);
    CHECK(reading.counts.seen == 2);
    struct stat status{};
    REQUIRE(stat(file.path().c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == 0600);
    CHECK(static_cast<std::uint64_t>(status.st_size) == writer->size());
}

TEST_CASE("a file that cannot grow ends with a whole block, and the error says why") {
    const TemporaryFile file;
    auto writer = PcapngWriter::create(file.path());
    const Buffer large(std::string(100'000, 'x'));
    // A limit on the size of files stands in for a full disk.
    rlimit before{};
    REQUIRE(getrlimit(RLIMIT_FSIZE, &before) == 0);
    const rlimit small{1'000'000, before.rlim_max};
    const auto handler = std::signal(SIGXFSZ, SIG_IGN);
    REQUIRE(setrlimit(RLIMIT_FSIZE, &small) == 0);
    Result<void> written;
    for (int i = 0; written && i < 100; ++i) written = writer->write(packet_of(large), {"eth0", 0});
    setrlimit(RLIMIT_FSIZE, &before);
    std::signal(SIGXFSZ, handler);
    REQUIRE_FALSE(written);
    CHECK(written.error().line() == "cannot write capture: " + file.path() + ": file too large");
    const Reading reading = read_file(file.path());
    CHECK(reading.error == "");
    CHECK(reading.packets.size() == 9);
    CHECK(PcapngWriter::create("/nowhere/at/all").error().line() ==
          "cannot write capture: /nowhere/at/all: no such file or directory");
}
