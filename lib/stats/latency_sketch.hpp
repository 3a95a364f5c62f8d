// Quantiles of durations in bounded memory, to within 1 % of the true one: counts in bins whose bounds grow by a
// constant factor. Sketches add up bin by bin and are then as good as one that had seen everything (DDSketch, Masson,
// Rim and Lee, VLDB 2019).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/time.hpp"
#include "event/request_summary.hpp"

namespace podsnoop {

class LatencySketch {
  public:
    static constexpr double accuracy = 0.01;                                ///< relative error of quantiles
    static constexpr double base = (1 + accuracy) / (1 - accuracy);         ///< between a bin's bounds
    static constexpr Nanoseconds least{std::chrono::microseconds(1)};       ///< shorter ones count as this
    static constexpr Nanoseconds most{std::chrono::hours(1)};               ///< longer ones share the last bin
    static constexpr std::uint32_t last_bin = 1101;                         ///< base^1101 us is the first beyond 1 h

    /// A negative one counts as 0.
    void add(Nanoseconds duration);

    [[nodiscard]] std::uint64_t count() const { return count_; }
    /// These are exact, whatever the bins are; nothing where nothing was added.
    [[nodiscard]] std::optional<Nanoseconds> mean() const;
    [[nodiscard]] std::optional<Nanoseconds> max() const;
    /// The one at rank ceil(q * count) of all in order (nearest rank), 0 <= q <= 1.
    [[nodiscard]] std::optional<Nanoseconds> quantile(double q) const;
    [[nodiscard]] LatencyBins bins() const;

  private:
    static std::uint32_t bin_of(Nanoseconds duration);
    static Nanoseconds middle_of(std::uint32_t bin);
    std::uint64_t& at(std::uint32_t bin);

    std::vector<std::uint64_t> counts_;  // of the bins from first_ on: most sketches need a few dozen
    std::uint32_t first_ = 0;
    std::uint64_t count_ = 0;
    double sum_ = 0;  // nanoseconds; cannot overflow, and is exact up to a hundred days
    Nanoseconds min_{0}, max_{0};
};

}  // namespace podsnoop
