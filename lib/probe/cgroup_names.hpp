// A cgroup's path out of what a probe read of it, and the time of its events in UTC.
#pragma once

#include <cgroup_path.h>

#include <cstdint>
#include <ctime>
#include <string>
#include <string_view>

#include "base/time.hpp"

namespace podsnoop {

/// "/kubepods/burstable/…" below the root of its hierarchy; "/" for the root; empty where it was not read.
std::string path_of(const cgroup_path& cgroup);

/// The text of a name of at most `size` bytes that ends in a zero or with the array.
template <std::size_t Size>
std::string text_of(const char (&name)[Size]) {
    const std::string_view all(name, Size);
    return std::string(all.substr(0, all.find('\0')));
}

/// The clock of kernel events as UTC.
class KernelClock {
  public:
    /// By CLOCK_BOOTTIME or CLOCK_MONOTONIC.
    explicit KernelClock(int clock);

    /// Notices that UTC was set meanwhile. What adjusts it all the time is left out: two events that the kernel says
    /// were at the same time stay so.
    void refresh();
    [[nodiscard]] Time utc(std::uint64_t nanoseconds) const {
        return origin_ + Nanoseconds(static_cast<std::int64_t>(nanoseconds));
    }

  private:
    [[nodiscard]] Time read_origin() const;

    int clock_;
    Time origin_;  // UTC when the clock was 0
};

}  // namespace podsnoop
