#include "stats/intervals.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <limits>

#include "exchanges.hpp"

using namespace podsnoop;
using namespace std::chrono_literals;

TEST_CASE("an interval is over at its end, not before") {
    Intervals intervals(10s);
    CHECK(!intervals.end());
    CHECK(!intervals.over(some_time));
    CHECK(intervals.end() == some_time + 10s);
    CHECK(!intervals.over(some_time + 10s - 1ns));
    const auto first = intervals.over(some_time + 10s);
    REQUIRE(first);
    CHECK(first->start == some_time);
    CHECK(first->length == 10s);
    CHECK(!intervals.over(some_time + 10s));
    const auto second = intervals.over(some_time + 25s);
    REQUIRE(second);
    CHECK(second->start == some_time + 10s);
    const Interval last = intervals.finish(some_time + 27s);
    CHECK(last.start == some_time + 20s);
    CHECK(last.length == 7s);
}

TEST_CASE("what comes years later does not go through all intervals between") {
    Intervals intervals(100ms);
    intervals.begin(Time{});
    const auto first = intervals.over(some_time);
    REQUIRE(first);
    CHECK(first->start == Time{});
    CHECK(first->length == 100ms);
    CHECK(!intervals.over(some_time));
    const Interval last = intervals.finish(some_time);
    CHECK(last.start <= some_time);
    CHECK(last.start > some_time - 100ms);
    // From the first time there is to the last one.
    Intervals farthest(1h);
    farthest.begin(Time::min());
    CHECK(farthest.over(Time::max()));
}

TEST_CASE("a clock that goes back ends no interval, and takes no time off it") {
    Intervals intervals(10s);
    intervals.begin(some_time);
    CHECK(!intervals.over(some_time + 4s));
    CHECK(!intervals.over(some_time - 1h + 4s));
    CHECK(intervals.finish(some_time - 1h).length == 4s);
    intervals.begin(some_time - 1h);  // it has begun
    CHECK(intervals.over(some_time + 10s)->start == some_time);
}

TEST_CASE("a clock that goes back by more than an hour is another one") {
    Intervals intervals(10s);
    intervals.begin(some_time);
    CHECK(!intervals.over(some_time + 4s));
    const auto cut = intervals.over(some_time - 24h);
    REQUIRE(cut);
    CHECK(cut->start == some_time);
    CHECK(cut->length == 4s);
    CHECK(!intervals.over(some_time - 24h + 9s));
    const auto next = intervals.over(some_time - 24h + 10s);
    REQUIRE(next);
    CHECK(next->start == some_time - 24h);
    CHECK(next->length == 10s);
    // One interval without end is of all there is.
    Intervals whole({});
    whole.begin(some_time);
    CHECK(!whole.over(some_time + 4s));
    CHECK(!whole.over(some_time - 24h));
    CHECK(whole.finish(some_time - 24h).length == 4s);
}

TEST_CASE("without a length there is one interval") {
    Intervals intervals({});
    CHECK(!intervals.over(some_time));
    CHECK(!intervals.over(some_time + 24h));
    CHECK(!intervals.end());
    CHECK(intervals.finish(some_time + 48h).start == some_time);
    CHECK(intervals.finish(some_time + 48h).length == 48h);
    CHECK(Intervals({}).finish(some_time).length == 0ns);
}
