#include "base/size.hpp"

#include <doctest/doctest.h>

using namespace podsnoop;

TEST_CASE("sizes are read as users write them") {
    CHECK(*parse_size("65536") == 65536);
    CHECK(*parse_size("32MiB") == 32 << 20);
    CHECK(*parse_size("32M") == 32 << 20);
    CHECK(*parse_size("100MB") == 100'000'000);
    CHECK(*parse_size("4k") == 4096);
    for (const char* wrong : {"", "MiB", "-1", "1.5M", "1 M", "10TB", "99999999999G"}) {
        CAPTURE(wrong);
        CHECK_FALSE(parse_size(wrong));
    }
}
