#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

#include "print/fold.hpp"

namespace podsnoop {

namespace {

std::vector<std::string> folded(std::string_view text, unsigned width) {
    std::vector<std::string> lines;
    while (!text.empty()) lines.emplace_back(take_line(text, width));
    return lines;
}

using Lines = std::vector<std::string>;

TEST_CASE("fold: between words") {
    CHECK(folded("", 8) == Lines{});
    CHECK(folded("one two", 7) == Lines{"one two"});
    CHECK(folded("one two", 6) == Lines{"one", "two"});
    CHECK(folded("one two three", 8) == Lines{"one two", "three"});
    CHECK(folded("one  two ", 4) == Lines{"one", "two "});
    // The blank after a line that is just full needs no room.
    CHECK(folded("four five", 4) == Lines{"four", "five"});
}

TEST_CASE("fold: a word longer than the line") {
    CHECK(folded("/proc/12345 is", 5) == Lines{"/proc", "/1234", "5 is"});
    CHECK(folded("a /proc/12345", 5) == Lines{"a", "/proc", "/1234", "5"});
}

TEST_CASE("fold: by columns, not bytes, and never inside a character") {
    CHECK(folded("\u00e9t\u00e9 \u00e9t\u00e9", 3) == Lines{"\u00e9t\u00e9", "\u00e9t\u00e9"});
    CHECK(folded("\u6f22\u5b57", 3) == Lines{"\u6f22", "\u5b57"});  // two columns each
}

}  // namespace

}  // namespace podsnoop
