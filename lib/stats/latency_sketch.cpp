#include "stats/latency_sketch.hpp"

#include <algorithm>
#include <cmath>

#include "stats/saturate.hpp"

namespace podsnoop {

namespace {

constexpr double nanoseconds_in_unit = 1000;  // bins are of microseconds

}  // namespace

std::uint32_t LatencySketch::bin_of(Nanoseconds duration) {
    static const double bins_per_e = 1 / std::log(base);
    if (duration <= least) return 0;
    if (duration >= most) return last_bin;
    const double units = static_cast<double>(duration.count()) / nanoseconds_in_unit;
    return std::min(static_cast<std::uint32_t>(std::ceil(std::log(units) * bins_per_e)), last_bin);
}

/// As far from both bounds, relative to them.
Nanoseconds LatencySketch::middle_of(std::uint32_t bin) {
    return Nanoseconds(std::llround(2 * std::pow(base, bin) / (base + 1) * nanoseconds_in_unit));
}

std::uint64_t& LatencySketch::at(std::uint32_t bin) {
    if (counts_.empty()) first_ = bin;
    if (bin < first_) {
        counts_.insert(counts_.begin(), first_ - bin, 0);
        first_ = bin;
    }
    if (bin - first_ >= counts_.size()) counts_.resize(bin - first_ + 1);
    return counts_[bin - first_];
}

void LatencySketch::add(Nanoseconds duration) {
    duration = std::max(duration, Nanoseconds{0});
    add_saturating(at(bin_of(duration)), 1);
    min_ = count_ == 0 ? duration : std::min(min_, duration);
    max_ = std::max(max_, duration);
    sum_ += static_cast<double>(duration.count());
    add_saturating(count_, 1);
}

std::optional<Nanoseconds> LatencySketch::mean() const {
    if (count_ == 0) return std::nullopt;
    const double mean = sum_ / static_cast<double>(count_);
    // The greatest duration has no double of its own, and the next one up is none any more.
    if (mean >= static_cast<double>(max_.count())) return max_;
    return Nanoseconds(static_cast<std::int64_t>(mean));
}

std::optional<Nanoseconds> LatencySketch::max() const {
    if (count_ == 0) return std::nullopt;
    return max_;
}

std::optional<Nanoseconds> LatencySketch::quantile(double q) const {
    if (count_ == 0) return std::nullopt;
    const double rank = std::max(1.0, std::ceil(q * static_cast<double>(count_)));
    if (rank >= static_cast<double>(count_)) return max_;
    const auto wanted = static_cast<std::uint64_t>(rank);
    std::uint64_t passed = 0;
    for (std::size_t i = 0; i < counts_.size(); ++i) {
        add_saturating(passed, counts_[i]);
        if (passed >= wanted) return std::clamp(middle_of(first_ + static_cast<std::uint32_t>(i)), min_, max_);
    }
    return max_;
}

LatencyBins LatencySketch::bins() const {
    LatencyBins result{.base = base, .bins = {}};
    for (std::size_t i = 0; i < counts_.size(); ++i)
        if (counts_[i] != 0) result.bins.push_back({first_ + static_cast<std::uint32_t>(i), counts_[i]});
    return result;
}

}  // namespace podsnoop
