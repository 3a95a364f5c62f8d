#include "capture/ring_room.hpp"

#include <bpf/libbpf.h>
#include <http_filter.h>

#include <atomic>

namespace podsnoop {

namespace {

std::atomic_ref<__u64> word_of(http_room& room) { return std::atomic_ref<__u64>(room.word); }

std::atomic_ref<std::uint32_t> owner_of(http_room& room) { return std::atomic_ref<std::uint32_t>(room.owner); }

}  // namespace

void RingRoom::take(std::size_t ring_bytes) noexcept {
    // Longer ones would not be told from empty ones.
    constexpr std::size_t most_units = std::size_t{1} << (HTTP_ROOM_UNITS_BITS - 2);
    const int cpus = libbpf_num_possible_cpus();
    const std::size_t units = (ring_bytes + HTTP_ROOM_UNIT - 1) / HTTP_ROOM_UNIT + static_cast<std::size_t>(cpus);
    if (shared_ == nullptr || cpus <= 0 || units > most_units) {
        shared_ = nullptr;
        return;
    }
    units_ = static_cast<std::uint32_t>(units);
    owner_of(*shared_).store(owner_, std::memory_order_relaxed);
    made();
}

void RingRoom::made() const noexcept {
    // It may have been taken over for a namespace that came later.
    if (shared_ == nullptr || owner_of(*shared_).load(std::memory_order_relaxed) != owner_) return;
    const auto word = word_of(*shared_);
    __u64 before = word.load(std::memory_order_relaxed);
    while (!word.compare_exchange_weak(before, http_room_made(before, units_), std::memory_order_release)) {
    }
}

std::uint32_t RingRoom::generation() const noexcept {
    if (shared_ == nullptr || owner_of(*shared_).load(std::memory_order_relaxed) != owner_) return 0;
    return http_room_generation(word_of(*shared_).load(std::memory_order_relaxed));
}

}  // namespace podsnoop
