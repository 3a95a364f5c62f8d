#include <doctest/doctest.h>

#include <cstdint>

#include "base/number.hpp"
#include "node/file.hpp"

using namespace podsnoop;

TEST_CASE("a number is digits to the end of its text, and fits") {
    CHECK(parse_number<std::uint16_t>("0") == 0);
    CHECK(parse_number<std::uint16_t>("007") == 7);
    CHECK(parse_number<std::uint16_t>("65535") == 65535);
    CHECK(parse_number<std::uint64_t>("18446744073709551615") == UINT64_MAX);
    for (const char* wrong : {"", " 1", "1 ", "+1", "-1", "1.0", "0x1f", "1a", "65536", "99999999999999999999"})
        CHECK_MESSAGE(!parse_number<std::uint16_t>(wrong), wrong);
    CHECK(parse_number<std::uint16_t>("1F90", 16) == 8080);
    CHECK(!parse_number<std::uint16_t>("0x1F90", 16));
    CHECK(!parse_number<std::uint8_t>("100", 16));
}

TEST_CASE("the kernel's links to sockets and namespaces tell their inodes") {
    CHECK(inode_in_link("socket:[4711]", "socket") == 4711);
    CHECK(inode_in_link("net:[4026531840]", "net") == 4026531840);
    for (const char* other : {"", "net", "net:", "net:[", "net:]", "net:[]", "net:[1", "net:[1] (deleted)", "net:[-1]",
                              "net:[1]]", "net:[4294967296]", "socket:[1]", "/net:[1]", "network:[1]"})
        CHECK_MESSAGE(!inode_in_link(other, "net"), other);
}
