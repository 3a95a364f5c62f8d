// The counts of one group of exchanges while they come in.
#pragma once

#include <cstdint>

#include "base/time.hpp"
#include "event/exchange.hpp"
#include "event/request_summary.hpp"
#include "stats/latency_sketch.hpp"

namespace podsnoop {

class RequestStats {
  public:
    /// Of an exchange whose request was seen. What the latency is of is its total: an exchange in which that is not
    /// known (unanswered, or begun before its bytes were seen) counts as a request, and has no part in the quantiles.
    void add(const Exchange& exchange);

    /// As the requests of this long a time.
    [[nodiscard]] RequestSummary summary(Nanoseconds interval) const;
    [[nodiscard]] const LatencySketch& latency() const { return latency_; }

  private:
    std::uint64_t requests_ = 0, errors_ = 0, unanswered_ = 0;
    std::uint64_t request_bytes_ = 0, response_bytes_ = 0;
    LatencySketch latency_;
};

}  // namespace podsnoop
