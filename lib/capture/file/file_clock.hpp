// The time by the packets of a file: they may come from several clocks, and one of these may be wrong.
#pragma once

#include <algorithm>
#include <chrono>
#include <optional>

#include "base/time.hpp"

namespace podsnoop {

/// Follows the packets' times forward. A leap of more than an hour, either way, counts once the packet after it confirms
/// it: one packet of a wrong clock moves nothing.
class FileClock {
  public:
    /// Takes the next packet's time. True where now() leapt back by it.
    bool take(Time time) {
        const Time before = now();
        if (!now_ || is_near(*now_, time)) {
            now_ = std::max(now_.value_or(time), time);
            doubted_.reset();
        } else if (doubted_ && is_near(*doubted_, time)) {
            now_ = std::max(*doubted_, time);
            doubted_.reset();
        } else {
            doubted_ = time;
        }
        return now() < before;
    }
    /// 1970 before the first packet.
    [[nodiscard]] Time now() const { return now_.value_or(Time{}); }
    /// now(), or the last packet's time where that is doubted.
    [[nodiscard]] Time latest() const { return doubted_.value_or(now()); }
    /// A time that is no packet's: where it is a leap ahead, now().
    [[nodiscard]] Time bounded(Time time) const { return time > now() && !is_near(now(), time) ? now() : time; }

  private:
    static bool is_near(Time a, Time b) {
        constexpr Nanoseconds leap = std::chrono::hours(1);
        return (a > b ? a - b : b - a) <= leap;  // times of files and notes are within 2^62 ns of 1970
    }

    std::optional<Time> now_;
    std::optional<Time> doubted_;  // the last packet's time, where that was a leap away from now
};

}  // namespace podsnoop
