#include "reassemble/flow_table.hpp"

#include <doctest/doctest.h>

#include <map>
#include <random>
#include <tuple>
#include <vector>

#include "base/address.hpp"

using namespace podsnoop;

namespace {

struct Entry {
    PackedFlowKey key;
    FlowId next_in_bucket = 0;
    FlowId before = 0, after = 0;
    Time time;
    bool finished = false, touched = false;

    Time& finish_time() { return time; }
    FlowId& finished_before() { return before; }
    FlowId& finished_after() { return after; }
};

FlowKey key(std::string_view first, std::uint16_t first_port, std::string_view second, std::uint16_t second_port,
            std::uint32_t scope = 0) {
    return {{{*parse_address(first), first_port}, {*parse_address(second), second_port}}, scope};
}

/// Of both families, and what is between them.
std::vector<FlowKey> different_keys() {
    return {key("10.0.0.1", 80, "10.0.0.2", 80),
            key("10.0.0.1", 80, "10.0.0.2", 81),
            key("10.0.0.1", 81, "10.0.0.2", 80),
            key("10.0.0.1", 80, "10.0.0.3", 80),
            key("10.0.0.1", 80, "10.0.0.2", 80, 1),
            key("10.0.0.1", 80, "10.0.0.2", 80, 0xffffffff),
            key("0.0.0.0", 0, "0.0.0.0", 1),
            key("255.255.255.255", 1, "255.255.255.255", 2),
            key("255.255.255.254", 1, "255.255.255.255", 2),
            key("fd00::1", 80, "fd00::2", 80),
            key("fd00::1", 80, "fd00::2", 81),
            key("fd00::1", 80, "fd00::3", 80),
            key("fd00::1", 80, "fd00::2", 80, 1),
            key("::", 80, "::1", 80),
            key("10.0.0.1", 80, "fd00::1", 80),
            key("a00:1::", 80, "a00:2::", 80)};  // the bytes of 10.0.0.1 and 10.0.0.2, and zeros
}

bool has_ends(const FlowTable<Entry>& table, FlowId id, const FlowKey& key) {
    Endpoint ends[2];
    table.get_ends(id, ends);
    return ends[0] == key.ends[0] && ends[1] == key.ends[1];
}

}  // namespace

TEST_CASE("flow table: each key finds its entry, and tells its ends") {
    FlowTable<Entry> table(64, 7);
    const auto keys = different_keys();
    std::vector<FlowId> ids;
    for (const FlowKey& each : keys) {
        CHECK(table.find(each) == table.none);
        ids.push_back(table.insert(each));
    }
    for (std::size_t i = 0; i < keys.size(); ++i) {
        CHECK(table.find(keys[i]) == ids[i]);
        CHECK(has_ends(table, ids[i], keys[i]));
    }
    for (std::size_t i = 0; i < keys.size(); ++i) {
        table.remove(ids[i]);
        CHECK(table.find(keys[i]) == table.none);
        for (std::size_t left = i + 1; left < keys.size(); ++left) CHECK(table.find(keys[left]) == ids[left]);
    }
}

TEST_CASE("flow table: as full as it gets, of both families, coming and going") {
    constexpr std::size_t limit = 200;
    FlowTable<Entry> table(limit, 99);
    std::map<std::tuple<bool, std::uint16_t, std::uint16_t>, FlowId> present;
    std::mt19937 random(3);
    const auto made = [](const auto& name) {
        const auto [wide, first, second] = name;
        return wide ? key("fd00::1", first, "fd00::2", second) : key("10.0.0.1", first, "10.0.0.2", second);
    };
    for (int step = 0; step < 20'000; ++step) {
        const std::tuple<bool, std::uint16_t, std::uint16_t> name{random() % 2 == 0, random() % 20, random() % 20};
        const auto known = present.find(name);
        REQUIRE(table.find(made(name)) == (known == present.end() ? table.none : known->second));
        if (known != present.end()) {
            REQUIRE(has_ends(table, known->second, made(name)));
            if (random() % 2 == 0) table.finish(known->second, Time(Nanoseconds(step)));
            table.remove(known->second);
            present.erase(known);
        } else if (const FlowId id = table.insert(made(name)); id != table.none) {
            present[name] = id;
        } else {
            REQUIRE(present.size() == limit);
            const FlowId victim = table.victim();
            table.remove(victim);
            std::erase_if(present, [&](const auto& each) { return each.second == victim; });
        }
    }
    CHECK(present.size() > limit / 2);
}

TEST_CASE("flow table: finished ones expire in their order, and are removed from its middle") {
    FlowTable<Entry> table(8, 1);
    std::vector<FlowId> ids;
    for (std::uint16_t port = 1; port <= 5; ++port) ids.push_back(table.insert(key("10.0.0.1", port, "fd00::1", port)));
    for (std::size_t i = 0; i < ids.size(); ++i) table.finish(ids[i], Time(Nanoseconds(i)));
    CHECK(table.victim() == ids[0]);
    table.remove(ids[2]);
    table.expire_finished(Time(Nanoseconds(2)));
    CHECK(table.find(key("10.0.0.1", 2, "fd00::1", 2)) == table.none);
    CHECK(table.victim() == ids[3]);
    table.expire_finished(Time(Nanoseconds(4)));
    CHECK(table.victim() == ids[4]);
}
