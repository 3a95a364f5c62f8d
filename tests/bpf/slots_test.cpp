// Where the filter keeps what it knows of a flow.
#include <bpf/bpf.h>
#include <doctest/doctest.h>
#include <http_filter.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <map>
#include <random>
#include <ranges>
#include <set>
#include <string_view>
#include <utility>

#include "filter_run.hpp"
#include "privileges.hpp"
#include "reassemble/reassembler.hpp"

using namespace podsnoop;

static_assert(skip_border_bits == HTTP_BORDER_BITS, "what the filter leaves out is known by it");

namespace {

struct Ends {
    std::uint32_t source, destination;
    std::uint16_t source_port, destination_port;

    [[nodiscard]] Ends reversed() const { return {destination, source, destination_port, source_port}; }
    [[nodiscard]] http_flow flow(bool v6 = false) const {
        http_flow flow{};
        flow.ports = static_cast<__u32>(source_port) << 16 | destination_port;
        flow.interface = 3;
        flow.source[v6 ? 3 : 0] = source;
        flow.destination[v6 ? 3 : 0] = destination;
        return flow;
    }
};

struct Seed {
    std::mt19937 random{1};  // the same every time
    std::uint32_t words[HTTP_SEED_WORDS]{};

    Seed() { std::ranges::generate(words, random); }
    [[nodiscard]] http_flow_name name(const http_flow& flow) const { return http_name_of(&flow, words); }
    [[nodiscard]] std::uint32_t index(const Ends& ends) const { return http_slot_index(name(ends.flow())); }
    [[nodiscard]] std::pair<std::uint32_t, std::uint32_t> place(const Ends& ends) const {
        const http_flow_name found = name(ends.flow());
        return {http_slot_index(found), http_slot_tag(found)};
    }
};

constexpr std::uint32_t slots_of_page = 4096 / sizeof(http_slot);

}  // namespace

TEST_CASE("both directions of a connection find each other's slot, in another cache line") {
    Seed seed;
    for (unsigned i = 0; i < 1000; ++i) {
        const Ends there{static_cast<std::uint32_t>(seed.random()), 0x0a000001, static_cast<std::uint16_t>(seed.random()),
                         static_cast<std::uint16_t>(i % 3 == 0 ? seed.random() : 80)};
        const http_flow_name name = seed.name(there.flow(i % 2 != 0)), other = seed.name(there.reversed().flow(i % 2 != 0));
        CHECK(http_slot_index(name) == http_reverse_index(http_slot_index(other)));
        CHECK(http_slot_index(other) == http_reverse_index(http_slot_index(name)));
        CHECK(http_slot_tag(name) == http_slot_tag(other));
        CHECK(http_slot_index(name) < HTTP_SLOTS);
        CHECK(http_slot_index(name) * sizeof(http_slot) / 64 != http_slot_index(other) * sizeof(http_slot) / 64);
    }
    CHECK(64 % sizeof(http_slot) == 0);
}

TEST_CASE("flows with the same addresses that differ in a port have different places") {
    const Seed seed;
    std::set<std::pair<std::uint32_t, std::uint32_t>> places;
    unsigned flows = 0;
    // Ports whose lower bits are not part of the hash, on either side, on both, and the same.
    constexpr std::array<std::uint16_t, 13> ports{0, 1, 2, 126, 127, 128, 129, 130, 254, 256, 40000, 40002, 65535};
    for (const std::uint16_t client : ports)
        for (const std::uint16_t server : ports) {
            places.insert(seed.place({0x0a000002, 0x0a000001, client, server}));
            places.insert(seed.place({0x0a000001, 0x0a000002, server, client}));
            flows += 2;
        }
    CHECK(places.size() == flows);
}

TEST_CASE("connections of a client to a server share pages, and no slot as long as their ports are near") {
    const Seed seed;
    for (const int first : {1024, 32768, 60000}) {
        std::set<std::uint32_t> pages, slots;
        for (std::uint16_t i = 0; i < 64; ++i) {
            const Ends there{0x0a000002, 0x0a000001, static_cast<std::uint16_t>(first + 2 * i), 80};
            for (const Ends& ends : {there, there.reversed()}) {
                slots.insert(seed.index(ends));
                pages.insert(seed.index(ends) / slots_of_page);
            }
        }
        CHECK(slots.size() == 128);
        CHECK(pages.size() <= 2);
    }
}

TEST_CASE("connections to a port above their own have slots of their own") {
    const Seed seed;
    std::set<std::pair<std::uint32_t, std::uint32_t>> places;
    std::set<std::uint32_t> slots;
    for (std::uint16_t i = 0; i < 10'000; ++i) {
        const Ends there{0x0a000002, 0x0a000001, static_cast<std::uint16_t>(1024 + 2 * i), 31000};
        places.insert(seed.place(there));
        slots.insert(seed.index(there));
    }
    CHECK(places.size() == 10'000);
    CHECK(slots.size() > 9'000);
}

TEST_CASE("pages of slots are filled evenly by many clients, and by many ports of one") {
    const Seed seed;
    constexpr unsigned connections = 30'000;
    for (const bool one : {false, true}) {
        std::map<std::uint32_t, unsigned> pages;
        for (unsigned i = 0; i < connections; ++i) {
            const Ends there = one ? Ends{0x0a000002, 0x0a000001, static_cast<std::uint16_t>(1024 + 2 * i), 80}
                                   : Ends{0x0a000002 + i, 0x0a000001, 40000, 80};
            ++pages[seed.index(there) / slots_of_page];
        }
        // Of one client 64 connections at a time lie in a page.
        const double blocks = one ? connections / 64.0 : connections, all = HTTP_SLOTS / slots_of_page;
        CHECK(pages.size() > 0.9 * all * (1 - std::exp(-blocks / all)));
        const auto most = std::ranges::max(pages | std::views::values);
        CHECK(most <= (one ? 64 * 6 : 64));
    }
}

TEST_CASE("the array of slots begins where a page does") {
    auto run = FilterRun::load();
    NEEDS(run);
    bool found = false;
    for (__u32 id = 0; bpf_map_get_next_id(id, &id) == 0;) {
        const Fd map(bpf_map_get_fd_by_id(id));
        bpf_map_info info{};
        __u32 size = sizeof(info);
        if (!map || bpf_obj_get_info_by_fd(map.get(), &info, &size) != 0 || std::string_view(info.name) != "flows") continue;
        found = true;
        CHECK((info.map_flags & BPF_F_MMAPABLE) != 0);
    }
    CHECK(found);
}
