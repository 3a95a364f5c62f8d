#include "print/red_frame.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "exchanges.hpp"
#include "print/utf8.hpp"

using namespace podsnoop;
using namespace std::chrono_literals;

namespace {

RedRecord path(const std::string& path, std::uint64_t requests, Nanoseconds median) {
    RedRecord red;
    red.by = by_path;
    red.path = path;
    red.summary.requests = requests;
    red.summary.rate = static_cast<double>(requests) / 10;
    red.summary.latency = {
        .measured = requests, .mean = median, .p50 = median, .p90 = median * 3 / 2, .p99 = median * 2, .max = median * 2};
    return red;
}

/// The lines that a terminal shows, which must be all that was drawn.
std::vector<std::string> drawn(const RedFrame& frame) {
    std::string text;
    append_red_frame(text, frame);
    REQUIRE(text.starts_with("\x1b[H"));
    REQUIRE(text.ends_with("\x1b[J"));
    std::string_view rest = std::string_view(text).substr(3, text.size() - 6);
    std::vector<std::string> lines;
    while (!rest.empty()) {
        const std::size_t end = rest.find("\x1b[K");
        REQUIRE(end != std::string_view::npos);
        lines.emplace_back(rest.substr(0, end));
        rest.remove_prefix(end + 3);
        if (!rest.empty()) {
            REQUIRE(rest.starts_with("\r\n"));
            rest.remove_prefix(2);
        }
    }
    return lines;
}

using Strings = std::vector<std::string>;
constexpr Interval ten_seconds{some_time, 10s};

}  // namespace

TEST_CASE("a frame tells when, how much, each row with its bar, and the keys") {
    const std::vector<RedRecord> records{path("/slow/*", 20, 40ms), path("/a", 1, 10ms), path("/quick", 3, 1us)};
    CHECK(drawn({.records = records, .interval = ten_seconds, .length = 10s, .order = "p99", .columns = 90, .rows = 24}) ==
          Strings{"2026-11-21 07:49:25 UTC, 10.0s: 24 requests, 0 errors; by p99",
                  "REQUESTS RATE ERRORS NO-REPLY    P50    P90    P99    MAX LATENCY              PATH",
                  "      20 2.00      0        0 40.0ms 60.0ms 80.0ms 80.0ms ██████████▓▓▓▓▓░░░░░ /slow/*",
                  "       1 0.10      0        0 10.0ms 15.0ms 20.0ms 20.0ms ███▓░                /a",
                  "       3 0.30      0        0    1us    2us    2us    2us ▏                    /quick",
                  "q quit, s sort, p pause"});
}

TEST_CASE("before the first interval is over there is nothing to show but that") {
    CHECK(drawn({.records = {}, .interval = {}, .length = 10s, .order = "p99", .columns = 80, .rows = 24}) ==
          Strings{"waiting until the first 10.0s are over", "q quit, s sort, p pause"});
    CHECK(
        drawn(
            {.records = {}, .interval = ten_seconds, .length = 10s, .order = "p99", .paused = true, .columns = 80, .rows = 24}) ==
        Strings{"paused: 2026-11-21 07:49:25 UTC, 10.0s: 0 requests, 0 errors; by p99", "q quit, s sort, p pause"});
}

TEST_CASE("a frame fits into any terminal, whatever is in it") {
    std::vector<RedRecord> records;
    for (int i = 0; i < 50; ++i)
        records.push_back(path("/\x1b[2J\xe6\xbc\xa2\xe5\xad\x97\n\xff\u202e" + std::string(300, 'x'), 1'000'000'000'000, 30h));
    records.push_back({});  // of which nothing is known
    for (unsigned columns = 1; columns < 130; ++columns) {
        for (const unsigned rows : {0U, 1U, 2U, 3U, 4U, 10U, 60U}) {
            const Strings lines = drawn(
                {.records = records, .interval = ten_seconds, .length = 10s, .order = "name", .columns = columns, .rows = rows});
            CAPTURE(columns);
            CAPTURE(rows);
            CHECK(lines.size() <= rows);
            for (const std::string& line : lines) {
                CAPTURE(line);
                CHECK(width_of(line) <= columns);
                CHECK(line.find('\x1b') == std::string::npos);
                CHECK(line.find('\n') == std::string::npos);
            }
        }
    }
    const Strings lines =
        drawn({.records = records, .interval = ten_seconds, .length = 10s, .order = "name", .columns = 80, .rows = 10});
    CHECK(lines.size() == 10);
    CHECK(lines.back() == "44 more rows; q quit, s sort, p pause");
}
