#include "base/pool.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <set>
#include <vector>

using namespace podsnoop;

TEST_CASE("pool: each object is one's own, up to the limit") {
    constexpr std::size_t limit = 1000;
    Pool<std::uint32_t> pool(limit);
    std::set<Pool<std::uint32_t>::Index> taken;
    for (std::uint32_t i = 0; i < limit; ++i) {
        const auto index = pool.take();
        REQUIRE(taken.insert(index).second);
        pool[index] = index;
    }
    CHECK(pool.take() == pool.none);
    for (const auto index : taken) CHECK(pool[index] == index);
}

TEST_CASE("pool: what is given back is taken before more is made") {
    Pool<int> pool(5000);
    std::vector<Pool<int>::Index> taken;
    for (const std::size_t count : {1U, 255U, 256U, 257U, 3000U, 5000U}) {
        while (taken.size() < count) taken.push_back(pool.take());
        for (const auto index : taken) pool.give_back(index);
        std::set<Pool<int>::Index> again;
        for (std::size_t i = 0; i < count; ++i) again.insert(pool.take());
        CHECK(again == std::set(taken.begin(), taken.end()));
        CHECK(pool.made() == count);
    }
}
