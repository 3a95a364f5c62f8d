// How a group of requests went: what a red record and an edge of the map have in common.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/time.hpp"

namespace podsnoop {

/// Over the exchanges whose total latency is known; nothing where there is none.
struct LatencySummary {
    std::uint64_t measured = 0;  ///< how many these are
    std::optional<Nanoseconds> mean, p50, p90, p99, max;
};

/// A bin of a sketch: `count` durations d with base^(index-1) < d <= base^index, in microseconds; the bin 0 has all up
/// to 1 us, the last one all that are longer too.
struct SketchBin {
    std::uint32_t index = 0;
    std::uint64_t count = 0;

    bool operator==(const SketchBin&) const = default;
};

struct LatencyBins {
    double base = 1;
    std::vector<SketchBin> bins;  ///< by index, without the empty ones
};

struct RequestSummary {
    std::uint64_t requests = 0;
    std::uint64_t errors = 0;      ///< answered with 5xx
    std::uint64_t unanswered = 0;  ///< of the others, those without a complete response; an upgrade is one
    std::optional<double> rate;    ///< requests a second; nothing where no time has passed
    LatencySummary latency;
    std::uint64_t request_bytes = 0, response_bytes = 0;  ///< heads and bodies
};

}  // namespace podsnoop
