#include <doctest/doctest.h>

#include "capture_file.hpp"

using namespace podsnoop;
using namespace podsnoop::test;

namespace {

constexpr auto little = std::endian::little, big = std::endian::big;

/// When the one packet of an interface with these options was seen, in nanoseconds since 1970.
std::int64_t time_of(std::uint64_t ticks, std::string_view options) {
    const Reading reading = read_bytes(section(little) + interface(little, 1, options) + enhanced_packet(little, 0, ticks, "x"));
    REQUIRE(reading.packets.size() == 1);
    return reading.packets[0].packet.time.time_since_epoch().count();
}
std::string resolution(unsigned value) { return option(little, 9, std::string(1, static_cast<char>(value))); }

const std::string start = section(little) + interface(little, 1, option(little, 2, "eth0"));
const std::string good_start = start + enhanced_packet(little, 0, 1, "good");

/// The error of a file with one good packet and then this.
std::string error_after(std::string_view bytes) {
    const Reading reading = read_bytes(good_start + std::string(bytes));
    CHECK(reading.packets.size() == 1);
    return reading.error;
}
std::string damage(const std::string& what, std::size_t offset_in_block = 0) {
    return "damaged capture: " + what + " at byte " + std::to_string(good_start.size() + offset_in_block);
}

}  // namespace

TEST_CASE("all blocks that carry packets are read, in either byte order") {
    for (const auto order : {little, big}) {
        const std::string simple = FileBytes(order).u32(9).raw("snapped").text();
        const std::string obsolete = FileBytes(order).u16(1).u16(7).u64(0).u32(3).u32(60).raw("old").pad().text();
        const Reading reading =
            read_bytes(section(order) + interface(order, 1, option(order, 2, "eth0"), 7) +
                       interface(order, 276, option(order, 2, std::string_view("any\0", 4))) + block(order, 4, "names") +
                       enhanced_packet(order, 1, 5'000'000'000'000, "modern", 1500, option(order, 2, "flag")) +
                       block(order, 3, simple) + block(order, 2, obsolete) + block(order, 0x0bad, "custom"));
        CHECK(reading.error == "");
        REQUIRE(reading.interfaces.size() == 2);
        CHECK(reading.interfaces[0].name == "eth0");
        CHECK(reading.interfaces[1].name == "any");
        REQUIRE(reading.packets.size() == 3);
        const Packet& modern = reading.packets[0].packet;
        CHECK(reading.packets[0].data == "modern");
        CHECK(modern.wire_length == 1500);
        CHECK(modern.interface == 1);
        CHECK(modern.link == LinkType::linux_sll2);
        CHECK(modern.time.time_since_epoch() == std::chrono::seconds{5'000'000});
        CHECK(reading.packets[1].data == "snapped");
        CHECK(reading.packets[1].packet.wire_length == 9);
        CHECK(reading.packets[1].packet.time == modern.time);  // it has none of its own
        CHECK(reading.packets[1].packet.link == LinkType::ethernet);
        CHECK(reading.packets[2].data == "old");
        CHECK(reading.packets[2].packet.wire_length == 60);
        CHECK(reading.packets[2].packet.interface == 1);
    }
}

TEST_CASE("timestamps have the resolution and the offset that the interface says") {
    constexpr std::uint64_t huge = ~0ull;
    CHECK(time_of(1'700'000'000'123'456, "") == 1'700'000'000'123'456'000);
    CHECK(time_of(1'700'000'000, resolution(0)) == 1'700'000'000'000'000'000);
    CHECK(time_of(1'700'000'000'123, resolution(3)) == 1'700'000'000'123'000'000);
    CHECK(time_of(1'700'000'000'123'456'789, resolution(9)) == 1'700'000'000'123'456'789);
    CHECK(time_of(1'700'000'000'123'456'789, resolution(12)) == 1'700'000'000'123'456);
    CHECK(time_of(huge, resolution(28)) == 1);
    CHECK(time_of(huge, resolution(127)) == 0);
    CHECK(time_of(3ull << 31, resolution(0x80 | 32)) == 1'500'000'000);
    CHECK(time_of(5, resolution(0x80 | 1)) == 2'500'000'000);
    CHECK(time_of(huge, resolution(0x80 | 127)) == 0);
    CHECK(time_of(huge, resolution(0)) == (std::int64_t{1} << 62) - 1);
    CHECK(time_of(0, option_u64(little, 14, std::uint64_t{1} << 63)) == -(std::int64_t{1} << 62));
    CHECK(time_of(500'000, option_u64(little, 14, 1'700'000'000)) == 1'700'000'000'500'000'000);
    CHECK(time_of(500'000, option_u64(little, 14, static_cast<std::uint64_t>(-2))) == -1'500'000'000);
    CHECK(time_of(2'500, option_u64(little, 14, 10) + resolution(3)) == 12'500'000'000);
}

TEST_CASE("sections have their own byte order and interfaces; an interface keeps its name over sections") {
    const Reading reading = read_bytes(good_start + section(big) + interface(big, 1, option(big, 2, "eth0")) +
                                       interface(big, 101, option(big, 2, "tun0")) + enhanced_packet(big, 1, 2, "tunnel") +
                                       enhanced_packet(big, 0, 3, "again") + section(little) +
                                       interface(little, 1, option(little, 2, "eth1")) + enhanced_packet(little, 0, 4, "other"));
    CHECK(reading.error == "");
    REQUIRE(reading.packets.size() == 4);
    REQUIRE(reading.interfaces.size() == 3);
    const auto name = [&](std::size_t i) { return reading.interfaces[reading.packets[i].packet.interface].name; };
    CHECK(name(0) == "eth0");
    CHECK(name(1) == "tun0");
    CHECK(name(2) == "eth0");
    CHECK(name(3) == "eth1");
    CHECK(reading.packets[1].packet.link == LinkType::raw_ip);
}

TEST_CASE("two interfaces of one section stay two, whatever their names") {
    const Reading reading = read_bytes(section(little) + interface(little, 1) + interface(little, 1) +
                                       enhanced_packet(little, 0, 1, "a") + enhanced_packet(little, 1, 1, "b"));
    REQUIRE(reading.packets.size() == 2);
    CHECK(reading.packets[0].packet.interface == 0);
    CHECK(reading.packets[1].packet.interface == 1);
}

TEST_CASE("what the interfaces dropped is counted once") {
    const auto statistics = [](std::uint32_t interface, std::uint64_t by_interface, std::uint64_t by_system) {
        return block(little, 5,
                     FileBytes(little)
                         .u32(interface)
                         .u64(0)
                         .raw(option_u64(little, 5, by_interface))
                         .raw(option_u64(little, 7, by_system))
                         .text());
    };
    const Reading reading = read_bytes(good_start + interface(little, 1) + statistics(0, 10, 1) + statistics(0, 30, 2) +
                                       statistics(1, 5, 0) + start + statistics(0, 100, 0));
    CHECK(reading.error == "");
    CHECK(reading.counts.dropped_ring_full == 135);
    CHECK(reading.counts.dropped_other == 2);
    CHECK(reading.counts.kept == 1);
    CHECK(reading.counts.seen == 138);
}

TEST_CASE("a network namespace comes back from an interface's description") {
    const auto netns = [](std::string_view description) {
        return read_bytes(section(little) + interface(little, 1, option(little, 3, description))).interfaces.at(0).netns;
    };
    CHECK(netns("network namespace 4026532201") == 4026532201);
    for (const char* other : {"Intel network card", "network namespace ", "network namespace 12a", "network namespace -1"})
        CHECK(netns(other) == 0);
}

TEST_CASE("packets that cannot be decoded are an error at once, or at the end where others can") {
    const std::string radio = interface(little, 127) + enhanced_packet(little, 0, 1, "radio");
    const Reading only = read_bytes(section(little) + radio + enhanced_packet(little, 0, 1, "radio"));
    CHECK(only.error == "cannot read capture: link type 127 (802.11 with radiotap) cannot be decoded");
    const Reading mixed = read_bytes(good_start + section(little) + radio + enhanced_packet(little, 0, 1, "radio") +
                                     interface(little, 1) + enhanced_packet(little, 1, 1, "wire"));
    CHECK(mixed.packets.size() == 2);
    CHECK(mixed.counts.skipped_not_tcp == 2);
    CHECK(mixed.counts.seen == 4);
    CHECK(mixed.error == "cannot decode part of the capture: 2 packets were of link type 127 (802.11 with radiotap)");
}

TEST_CASE("a pcapng cut anywhere gives every packet before the cut, then one error") {
    const std::string second = enhanced_packet(little, 0, 2, "second"), whole = good_start + second;
    for (std::size_t size = 4; size < whole.size(); ++size) {
        CAPTURE(size);
        const Reading reading = read_bytes(whole.substr(0, size));
        CHECK(reading.packets.size() == (size >= good_start.size() ? 1 : 0));
        const bool between = size == section(little).size() || size == start.size() || size == good_start.size();
        if (between) CHECK(reading.error == "");
        else CHECK(reading.error.starts_with("damaged capture: the file ends inside the record at byte "));
    }
}

TEST_CASE("damage is named with its place, after the packets before it") {
    for (const std::uint32_t length : {0u, 7u, 8u, 13u, 0xffffffffu, 0xfffffffcu, (16u << 20) + 4})
        CHECK(error_after(FileBytes(little).u32(6).u32(length).raw(std::string(40, 'x')).text()) ==
              damage("block length " + std::to_string(length), 4));

    std::string trailer = enhanced_packet(little, 0, 1, "bad");
    trailer[trailer.size() - 4] = 1;
    CHECK(error_after(trailer) == damage("block length 36 is 1 at the block's end,", 32));

    const auto packet = [](std::uint32_t captured, std::string_view rest) {
        return block(little, 6, FileBytes(little).u32(0).u64(0).u32(captured).u32(captured).raw(rest).text());
    };
    for (const std::uint32_t captured : {9u, 0xffffffffu})
        CHECK(error_after(packet(captured, "12345678")) == damage("packet length " + std::to_string(captured) + " in the block"));
    CHECK(error_after(packet(4, "1234\x02\x01\x05\x01")) == damage("option longer than what is left in the block"));
    CHECK(error_after(enhanced_packet(little, 1, 1, "x")) ==
          damage("interface 1, which the section does not describe, in the block"));
    CHECK(error_after(section(big) + enhanced_packet(big, 0, 1, "x")) ==
          damage("interface 0, which the section does not describe, in the block", section(big).size()));
    CHECK(error_after(section(big) + block(big, 3, FileBytes(big).u32(1).raw("x").text())) ==
          damage("interface 0, which the section does not describe, in the block", section(big).size()));
    CHECK(error_after(block(little, 3, FileBytes(little).u32(5).raw("four").text())) == damage("packet length 5 in the block"));
    for (const std::uint32_t type : {2u, 3u, 6u})
        CHECK(error_after(block(little, type, "")) == damage("no room for a packet in the block"));
    CHECK(error_after(block(little, 1, "four")) == damage("no room for an interface in the block"));
    CHECK(error_after(interface(little, 1, FileBytes(little).u16(2).u16(5).u32(0).text())) ==
          damage("option longer than what is left in the block"));
    CHECK(error_after(block(little, 5, "four")) == damage("no room for statistics in the block"));
    CHECK(error_after(block(little, 0x0a0d0d0a, FileBytes(little).u32(0x12345678).text())) ==
          damage("byte-order magic of neither order", 8));
    CHECK(error_after(block(little, 0x0a0d0d0a, FileBytes(little).u32(0x1a2b3c4d).text())) ==
          damage("no room for a section header in the block"));
    CHECK(error_after(block(little, 0x0a0d0d0a, FileBytes(little).u32(0x1a2b3c4d).u16(2).u16(0).u64(0).text())) ==
          "cannot read capture: pcapng version 2 of the section at byte " + std::to_string(good_start.size()) + " is not known");
}

TEST_CASE("interfaces are bounded") {
    std::string many = section(little);
    for (int i = 0; i < 16384; ++i) many += interface(little, 1);
    CHECK(read_bytes(many).error == "");
    const Reading reading = read_bytes(many + interface(little, 1));
    CHECK(reading.interfaces.size() == 16384);
    CHECK(reading.error == "damaged capture: more than 16384 interfaces in the block at byte " + std::to_string(many.size()));
}
