#include "base/time.hpp"

#include <doctest/doctest.h>

using namespace podsnoop;

namespace {
std::string shown(std::int64_t ns) {
    std::string text;
    append_duration(text, Nanoseconds{ns});
    return text;
}
}  // namespace

TEST_CASE("durations are read as users write them") {
    CHECK(parse_duration("250us")->count() == 250'000);
    CHECK(parse_duration("10ms")->count() == 10'000'000);
    CHECK(parse_duration("1.5s")->count() == 1'500'000'000);
    CHECK(parse_duration("2m")->count() == 120'000'000'000);
    CHECK(parse_duration("0")->count() == 0);
    for (const char* wrong :
         {"", "10", "ms", "-1s", "1 s", "1.5.2s", "1sec", "1e99s", "inf", "nan", "99999999999h", "+1s", "0x1s"}) {
        CAPTURE(wrong);
        CHECK_FALSE(parse_duration(wrong));
    }
}

TEST_CASE("durations are shown with three digits and a unit, in at most seven columns") {
    CHECK(shown(0) == "0ns");
    CHECK(shown(999) == "999ns");
    CHECK(shown(1'000) == "1us");
    CHECK(shown(310'400) == "310us");
    CHECK(shown(999'499) == "999us");
    CHECK(shown(999'500) == "1.00ms");
    CHECK(shown(1'834'000) == "1.83ms");
    CHECK(shown(99'960'000) == "100ms");
    CHECK(shown(999'499'999) == "999ms");
    CHECK(shown(2'066'000'000) == "2.07s");
    CHECK(shown(4'294'967'296) == "4.29s");
    CHECK(shown(99'960'000'000) == "1.67m");
    CHECK(shown(86'400'000'000'000) == "24.0h");
}

TEST_CASE("times are RFC 3339 with nanoseconds") {
    std::string text;
    append_rfc3339(text, Time{Nanoseconds{1'795'247'365'123'456'789}});
    CHECK(text == "2026-11-21T07:49:25.123456789Z");
    text.clear();
    append_rfc3339(text, Time{});
    CHECK(text == "1970-01-01T00:00:00.000000000Z");
}
