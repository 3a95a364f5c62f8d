// Time cut into intervals, by the time of packets: a file gives those that a live trace gave.
#pragma once

#include <optional>

#include "base/time.hpp"
#include "event/interval.hpp"

namespace podsnoop {

class Intervals {
  public:
    /// Without a length there is one, which finish() ends.
    explicit Intervals(std::optional<Nanoseconds> length) : length_(length) {}

    /// The first begins at the earliest time that is known when something is counted or looked at.
    void begin(Time time);
    /// The interval that is over by `now`. Those behind it in which nothing was looked at had nothing in them: where
    /// packets come after years, they are not gone through. A clock that goes back ends none, unless it is by more than an hour:
    /// then it is another one, and the interval was over when this was last looked at.
    [[nodiscard]] std::optional<Interval> over(Time now);
    /// When the present one is over; nothing where it has no length, or has not begun.
    [[nodiscard]] std::optional<Time> end() const;
    /// The last one, as far as it went.
    [[nodiscard]] Interval finish(Time now) const;

  private:
    /// Between two times, as far as that can be said in nanoseconds; 0 where the first is not before the second.
    static Nanoseconds between(Time first, Time second);

    std::optional<Nanoseconds> length_;
    std::optional<Time> start_;
    Time latest_ = Time::min();  // that this was looked at since then
};

}  // namespace podsnoop
