#include "print/record_blocks.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include "event/fields_red.hpp"
#include "exchanges.hpp"
#include "stats/red.hpp"

using namespace podsnoop;
using namespace std::chrono_literals;

namespace {

std::string blocks(const PrintOptions& options, const std::vector<std::vector<std::string>>& targets_of_intervals) {
    RedTable table({.by = by_path});
    RedRecord blank;
    blank.by = by_path;
    RecordBlocks<RedRecord> blocks(options, blank);
    std::string out;
    blocks.header(out);
    Interval interval{some_time, 10s};
    for (const auto& targets : targets_of_intervals) {
        for (const std::string& target : targets) {
            Exchange e = full_exchange();
            e.request.target = target;
            table.add(e);
        }
        blocks.print(out, interval, table.take(interval));
        interval.start += 10s;
    }
    return out;
}

}  // namespace

TEST_CASE("for people each interval is a table with its time above it") {
    CHECK(blocks({}, {{"/", "/a-rather-long-path"}, {}, {"/"}}) ==
          "2026-11-21 07:49:25 UTC, 10.0s\n"
          "REQUESTS  RATE  ERRORS  NO-REPLY     P50     P90     P99     MAX  PATH\n"
          "       1  0.10       0         0  2.07ms  2.07ms  2.07ms  2.07ms  /\n"
          "       1  0.10       0         0  2.07ms  2.07ms  2.07ms  2.07ms  /a-rather-long-path\n"
          "\n"
          "2026-11-21 07:49:35 UTC, 10.0s: no requests\n"
          "\n"
          "2026-11-21 07:49:45 UTC, 10.0s\n"
          "REQUESTS  RATE  ERRORS  NO-REPLY     P50     P90     P99     MAX  PATH\n"
          "       1  0.10       0         0  2.07ms  2.07ms  2.07ms  2.07ms  /\n");
}

TEST_CASE("for programs an interval in which nothing happened is no record, and names come once") {
    const std::string csv = blocks({.format = Format::csv}, {{}, {"/"}, {"/x"}});
    CHECK(csv.starts_with("type,time,interval_s,"));
    CHECK(csv.find("type,", 1) == std::string::npos);
    CHECK(std::count(csv.begin(), csv.end(), '\n') == 3);
    CHECK(blocks({.format = Format::json}, {{}, {}}).empty());
}

TEST_CASE("on a terminal of 20 columns no line is longer") {
    const std::string text = blocks({.width = 20}, {{"/a-rather-long-path"}, {}});
    std::size_t start = 0;
    for (std::size_t end = text.find('\n'); end != std::string::npos; start = end + 1, end = text.find('\n', start)) {
        const std::string line = text.substr(start, end - start);
        CAPTURE(line);
        CHECK(line.size() - (line.find("…") == std::string::npos ? 0 : 2) <= 20);
    }
    CHECK(text.find("/a") != std::string::npos);
}
