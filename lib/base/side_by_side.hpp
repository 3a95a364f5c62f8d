// Work that mostly waits for the kernel, done by several threads at once.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <system_error>
#include <thread>
#include <vector>

namespace podsnoop {

inline constexpr std::size_t most_side_by_side = 64;  ///< threads

/// Calls each(0) to each(count - 1), which must not throw, in no order and in up to 64 threads, and returns when all are done.
/// Where no thread can be made, this one does it all.
template <class Each>
void side_by_side(std::size_t count, Each each) {
    std::atomic<std::size_t> next = 0;
    const auto work = [&] {
        for (std::size_t index = next++; index < count; index = next++) each(index);
    };
    std::vector<std::jthread> others;
    for (bool more = true; more && others.size() + 1 < std::min(count, most_side_by_side);) {
        try {
            others.emplace_back(work);
        } catch (const std::system_error&) {
            more = false;  // as many as there may be
        }
    }
    work();
}

}  // namespace podsnoop
