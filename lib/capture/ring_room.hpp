// What a ring tells the socket filter of the room in it, so that packets that find none are not looked at.
#pragma once

#include <cstddef>
#include <cstdint>

struct http_room;  // bpf/http_filter.h

namespace podsnoop {

/// A ring's part of the memory that it shares with the filter, which owns it. One that was not given any says nothing.
class RingRoom {
  public:
    RingRoom() = default;
    RingRoom(http_room& shared, std::uint32_t namespace_number) noexcept : shared_(&shared), owner_(namespace_number + 1) {}

    /// For an empty ring of so many bytes, before packets come in. It says nothing where another namespace has that part.
    void take(std::size_t ring_bytes) noexcept;
    /// The ring is gone, or gets no packets any more.
    void leave() noexcept;
    /// A part of the ring went back to the kernel. Says whether the ring was full, and packets were not looked at.
    bool made() noexcept;
    /// How often there was none, modulo 65536: what the filter knows of flows it knows under this number.
    [[nodiscard]] std::uint32_t generation() const noexcept;

  private:
    http_room* shared_ = nullptr;
    std::uint32_t owner_ = 0;
    std::uint32_t units_ = 0;  // of the ring, and what the CPUs may not have told yet
};

}  // namespace podsnoop
