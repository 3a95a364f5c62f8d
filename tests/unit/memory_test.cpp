#include "node/memory.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <sstream>
#include <string>

using namespace podsnoop;

namespace {

/// KiB that this program has mapped of its own file, to be run or read.
long mapped_of_program() {
    std::ifstream maps("/proc/self/smaps");
    std::string line, permissions, ignored, path;
    bool counts = false;
    long total = 0;
    while (std::getline(maps, line)) {
        std::istringstream words(line);
        if (line.find('-') < line.find(':')) {
            path.clear();
            words >> ignored >> permissions >> ignored >> ignored >> ignored >> path;
            counts = path.ends_with("/unit") && permissions[1] == '-';
        } else if (long kibibytes = 0; counts && line.starts_with("Rss:") && words >> ignored >> kibibytes) {
            total += kibibytes;
        }
    }
    return total;
}

}  // namespace

TEST_CASE("memory: pages of the program are given back, and there again when they are needed") {
    const long before = mapped_of_program();
    REQUIRE(before > 0);
    give_back_memory();
    CHECK(mapped_of_program() < before);
    give_back_memory();
}
