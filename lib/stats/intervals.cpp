#include "stats/intervals.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <utility>

namespace podsnoop {

namespace {

constexpr Nanoseconds another_clock = std::chrono::hours(1);  // as far back as none is set to keep the time

}  // namespace

Nanoseconds Intervals::between(Time first, Time second) {
    if (second <= first) return Nanoseconds{0};
    std::int64_t passed = 0;
    if (__builtin_sub_overflow(second.time_since_epoch().count(), first.time_since_epoch().count(), &passed))
        return Nanoseconds::max();
    return Nanoseconds(passed);
}

void Intervals::begin(Time time) {
    if (!start_) start_ = latest_ = time;
}

std::optional<Interval> Intervals::over(Time now) {
    begin(now);
    if (!length_) {
        latest_ = std::max(latest_, now);
        return std::nullopt;
    }
    if (between(now, latest_) > another_clock) {
        const Interval over{*start_, between(*start_, std::exchange(latest_, now))};
        start_ = now;
        return over;
    }
    latest_ = std::max(latest_, now);
    const Nanoseconds passed = between(*start_, now);
    if (passed < *length_) return std::nullopt;
    const Interval over{*start_, *length_};
    *start_ += passed / *length_ * *length_;
    return over;
}

std::optional<Time> Intervals::end() const {
    if (!start_ || !length_) return std::nullopt;
    return *start_ + *length_;
}

Interval Intervals::finish(Time now) const {
    return {start_.value_or(now), between(start_.value_or(now), std::max(latest_, now))};
}

}  // namespace podsnoop
