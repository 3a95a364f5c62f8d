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
    std::uint32_t owner = 0;
    if (shared_ == nullptr || cpus <= 0 || units > most_units ||
        (!owner_of(*shared_).compare_exchange_strong(owner, owner_) && owner != owner_)) {
        shared_ = nullptr;
        return;
    }
    units_ = static_cast<std::uint32_t>(units);
    made();
}

void RingRoom::leave() noexcept {
    std::uint32_t owner = owner_;
    if (shared_ != nullptr) owner_of(*shared_).compare_exchange_strong(owner, 0);
    shared_ = nullptr;
}

bool RingRoom::made() noexcept {
    if (shared_ == nullptr) return false;
    const auto word = word_of(*shared_);
    __u64 before = word.load(std::memory_order_relaxed);
    while (!word.compare_exchange_weak(before, http_room_made(before, units_), std::memory_order_release)) {
    }
    return http_room_is_full(before) != 0;
}

std::uint32_t RingRoom::generation() const noexcept {
    if (shared_ == nullptr || owner_of(*shared_).load(std::memory_order_relaxed) != owner_) return 0;
    return http_room_generation(word_of(*shared_).load(std::memory_order_relaxed));
}

}  // namespace podsnoop
