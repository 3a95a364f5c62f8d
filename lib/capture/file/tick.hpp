// The unit of a capture's timestamps, and its way to UTC.
#pragma once

#include <cstdint>

#include "base/time.hpp"

namespace podsnoop {

/// Converts timestamps of one interface: counts of a tick since 1970, plus an offset in seconds.
class Tick {
  public:
    /// Microseconds, which is what pcapng means where it does not say.
    Tick() = default;
    /// A power of ten, or of two where the highest bit is set: pcapng's if_tsresol.
    static Tick from_resolution(std::uint8_t resolution);
    void set_offset(std::int64_t seconds) { offset_seconds_ = seconds; }

    /// Times further than 2^62 ns from 1970 (before 1823, after 2116) become the nearest that are not: so the
    /// difference of any two is one that 64 bits hold.
    [[nodiscard]] Time time(std::uint64_t ticks) const;

  private:
    std::uint64_t multiply_ = 1000, divide_ = 1;  // a tick is multiply / divide / 2^shift nanoseconds
    unsigned shift_ = 0;
    std::int64_t offset_seconds_ = 0;
};

}  // namespace podsnoop
