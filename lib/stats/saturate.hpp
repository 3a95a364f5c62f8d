// Sums of numbers that others may have chosen, a Content-Length among them: they stop at the greatest number instead of
// beginning again at 0.
#pragma once

#include <cstdint>
#include <limits>

namespace podsnoop {

inline void add_saturating(std::uint64_t& sum, std::uint64_t more) {
    if (__builtin_add_overflow(sum, more, &sum)) sum = std::numeric_limits<std::uint64_t>::max();
}

}  // namespace podsnoop
