#include <doctest/doctest.h>

#include "capture_file.hpp"

using namespace podsnoop;
using namespace podsnoop::test;

namespace {

constexpr auto little = std::endian::little, big = std::endian::big;
constexpr std::uint32_t nanosecond_magic = 0xa1b23c4d;

const std::string three_packets =
    pcap_header(little) + pcap_packet(little, 1, 2, "first") + pcap_packet(little, 3, 4, "") + pcap_packet(little, 5, 6, "third");

}  // namespace

TEST_CASE("a pcap of either byte order and resolution is read") {
    for (const auto order : {little, big}) {
        for (const bool nano : {false, true}) {
            const Reading reading = read_bytes(pcap_header(order, nano ? nanosecond_magic : 0xa1b2c3d4) +
                                               pcap_packet(order, 4'000'000'000, 123'456, "short", 1500));
            CHECK(reading.error == "");
            REQUIRE(reading.packets.size() == 1);
            const auto& [packet, data] = reading.packets[0];
            CHECK(packet.time.time_since_epoch().count() == 4'000'000'000'000'000'000 + (nano ? 123'456 : 123'456'000));
            CHECK(data == "short");
            CHECK(packet.wire_length == 1500);
            CHECK(packet.link == LinkType::ethernet);
            CHECK(packet.interface == 0);
            REQUIRE(reading.interfaces.size() == 1);
            CHECK(reading.interfaces[0].name == "");
            CHECK(reading.counts.seen == 1);
            CHECK(reading.counts.kept == 1);
        }
    }
}

TEST_CASE("a pcap's link type says how its packets start") {
    const auto link = [](std::uint32_t number) {
        const Reading reading = read_bytes(pcap_header(big, 0xa1b2c3d4, number) + pcap_packet(big, 0, 0, "x"));
        REQUIRE(reading.packets.size() == 1);
        return reading.packets[0].packet.link;
    };
    CHECK(link(1) == LinkType::ethernet);
    CHECK(link(0x94000001) == LinkType::ethernet);  // with a frame check sequence
    for (const std::uint32_t number : {12u, 14u, 101u, 228u, 229u}) CHECK(link(number) == LinkType::raw_ip);
    CHECK(link(113) == LinkType::linux_sll);
    CHECK(link(276) == LinkType::linux_sll2);
    CHECK(link(0) == LinkType::null_loop);
    CHECK(link(108) == LinkType::null_loop);
    CHECK(read_bytes(pcap_header(little, 0xa1b2c3d4, 105)).error ==
          "cannot read capture: link type 105 (802.11) cannot be decoded");
}

TEST_CASE("what is no capture is said to be so") {
    CHECK(read_bytes("").error == "cannot read capture: it is empty");
    for (const char* text : {"a", "GET / HTTP/1.1\r\n\r\n", "\xa1\xb2\xc3", "this is a text that is longer than a header"})
        CHECK(read_bytes(text).error == "cannot read capture: it is neither pcap nor pcapng");
    CHECK(read_file("/nowhere/at/all").error == "cannot open capture: no such file or directory");
    CHECK(read_file("/tmp").error == "cannot open capture: it is a directory");
    CHECK(read_bytes(pcap_header(little).substr(0, 23)).error == "damaged capture: its header ends early at byte 23");
    CHECK(read_bytes(FileBytes(little).u32(0xa1b2c3d4).u16(3).raw(std::string(18, '\0')).text()).error ==
          "cannot read capture: pcap version 3 is not known");
}

TEST_CASE("a pcap cut anywhere gives every packet before the cut, then one error") {
    const std::size_t starts[] = {24, 45, 61, 82};
    for (std::size_t size = 24; size <= three_packets.size(); ++size) {
        CAPTURE(size);
        const auto after = std::ranges::upper_bound(starts, size);
        const Reading reading = read_bytes(std::string_view(three_packets).substr(0, size));
        CHECK(reading.packets.size() == static_cast<std::size_t>(after - starts) - 1);
        if (after[-1] == size) CHECK(reading.error == "");
        else CHECK(reading.error == "damaged capture: the file ends inside the record at byte " + std::to_string(after[-1]));
    }
}

TEST_CASE("a packet length that cannot be is damage, not an allocation") {
    for (const std::uint32_t length : {0xffffffffu, 0x80000000u, (16u << 20) + 1}) {
        const Reading reading = read_bytes(three_packets + FileBytes(little).u64(0).u32(length).u32(length).text());
        CHECK(reading.packets.size() == 3);
        CHECK(reading.error == "damaged capture: packet length " + std::to_string(length) + " at byte 90");
    }
}

TEST_CASE("an error stays") {
    const TemporaryFile file(three_packets.substr(0, 30));
    auto capture = FileCapture::open(file.path());
    REQUIRE(capture);
    Packet packet;
    CHECK(capture->next(packet).error().line() == capture->next(packet).error().line());
}

TEST_CASE("packets of every size come through a buffer that is smaller than the file") {
    std::string content = pcap_header(little);
    std::size_t sizes[] = {0, 1, 1514, 65'549, 262'144, 300'000, 3, 524'288, 16 << 20, 60};
    for (int round = 0; round < 3; ++round)
        for (const std::size_t size : sizes) content += pcap_packet(little, 7, 8, std::string(size, static_cast<char>(size)));
    for (const bool packed : {false, true}) {
        const Reading reading = read_bytes(packed ? gzip(content) : content);
        CHECK(reading.error == "");
        REQUIRE(reading.packets.size() == 3 * std::size(sizes));
        for (std::size_t i = 0; i < reading.packets.size(); ++i) {
            const std::size_t size = sizes[i % std::size(sizes)];
            CHECK(reading.packets[i].data == std::string(size, static_cast<char>(size)));
        }
    }
}
