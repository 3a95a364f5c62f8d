#include "base/bytes.hpp"

#include <doctest/doctest.h>

using namespace podsnoop;
using namespace std::string_view_literals;

TEST_CASE("a cursor reads both byte orders and stops at the end") {
    Cursor cursor(as_bytes("\x01\x02\x03\x04\x05\x06\x07\x08\x09"sv));
    CHECK(cursor.u16be() == 0x0102);
    CHECK(cursor.u16le() == 0x0403);
    CHECK(cursor.u32be() == 0x05060708);
    CHECK(cursor.remaining() == 1);
    CHECK(cursor.ok());
    CHECK(cursor.u32le() == 0);
    CHECK_FALSE(cursor.ok());
    CHECK(cursor.remaining() == 0);
    CHECK(cursor.u8() == 0);
}
