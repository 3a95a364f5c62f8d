#include "capture/file/tick.hpp"

#include <algorithm>

namespace podsnoop {

namespace {

__extension__ using Wide = __int128;  // 2^64 ticks of a second each, in nanoseconds, need 94 bits

constexpr std::uint64_t ns_per_second = 1'000'000'000;

constexpr std::uint64_t power_of_ten(unsigned exponent) {
    std::uint64_t value = 1;
    while (exponent-- > 0) value *= 10;
    return value;
}

}  // namespace

Tick Tick::from_resolution(std::uint8_t resolution) {
    constexpr unsigned nano = 9, largest_in_64_bits = 19;
    const unsigned exponent = resolution & 0x7f;
    Tick tick;
    if ((resolution & 0x80) != 0) {
        tick.multiply_ = ns_per_second;
        tick.shift_ = exponent;
    } else if (exponent <= nano) {
        tick.multiply_ = power_of_ten(nano - exponent);
    } else {
        // Finer than 10^-28 s, 64 bits of ticks are less than a nanosecond.
        tick.multiply_ = exponent - nano <= largest_in_64_bits ? 1 : 0;
        tick.divide_ = power_of_ten(std::min(exponent - nano, largest_in_64_bits));
    }
    return tick;
}

Time Tick::time(std::uint64_t ticks) const {
    constexpr Wide furthest = Wide{1} << 62;
    Wide ns = static_cast<Wide>(ticks) * multiply_;
    if (divide_ != 1) ns /= divide_;
    ns = (ns >> shift_) + static_cast<Wide>(offset_seconds_) * ns_per_second;
    return Time{Nanoseconds{static_cast<std::int64_t>(std::clamp<Wide>(ns, -furthest, furthest - 1))}};
}

}  // namespace podsnoop
