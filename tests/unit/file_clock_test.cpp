#include "capture/file/file_clock.hpp"

#include <doctest/doctest.h>

using namespace podsnoop;
using namespace std::chrono_literals;

namespace {

constexpr Time noon{1'800'000'000s};

}  // namespace

TEST_CASE("file clock: it follows the packets, and not back") {
    FileClock clock;
    CHECK(clock.now() == Time{});
    clock.take(noon);
    clock.take(noon + 5s);
    clock.take(noon + 3s);
    CHECK(clock.now() == noon + 5s);
    clock.take(noon + 50min);
    CHECK(clock.now() == noon + 50min);
}

TEST_CASE("file clock: one packet that leaps moves nothing") {
    for (const Nanoseconds leap : {Nanoseconds(2h), Nanoseconds(24h * 365 * 50), -Nanoseconds(24h * 365 * 50)}) {
        FileClock clock;
        clock.take(noon);
        clock.take(noon + leap);
        CHECK(clock.now() == noon);
        clock.take(noon + 1s);
        CHECK(clock.now() == noon + 1s);
        clock.take(noon + leap + 1s);  // again one alone
        CHECK(clock.now() == noon + 1s);
        clock.take(noon + 2s);
        CHECK(clock.now() == noon + 2s);
    }
}

TEST_CASE("file clock: a leap that the next packet confirms counts, forward and back") {
    FileClock clock;
    clock.take(noon);
    clock.take(noon + 3h);
    clock.take(noon + 3h - 1ms);
    CHECK(clock.now() == noon + 3h);
    CHECK_FALSE(clock.take(noon));
    CHECK(clock.latest() == noon);
    CHECK(clock.take(noon + 1s));
    CHECK(clock.now() == noon + 1s);
    CHECK(clock.latest() == noon + 1s);
}

TEST_CASE("file clock: the first packet may be the wrong one") {
    FileClock clock;
    clock.take(noon + 24h * 365 * 50);
    clock.take(noon);
    clock.take(noon + 1s);
    CHECK(clock.now() == noon + 1s);
}

TEST_CASE("file clock: a time that is not a packet's leads it no further than a leap") {
    FileClock clock;
    CHECK(clock.bounded(noon) == Time{});  // before the first packet nothing can be due
    clock.take(noon);
    CHECK(clock.bounded(noon + 59min) == noon + 59min);
    CHECK(clock.bounded(noon - 5h) == noon - 5h);
    CHECK(clock.bounded(noon + 5h) == noon);
}
