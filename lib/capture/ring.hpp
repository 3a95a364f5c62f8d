// One AF_PACKET socket with a TPACKET_V3 ring: packets the filter kept, read from memory shared with the
// kernel.
#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include "base/fd.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "capture/ring_room.hpp"
#include "event/packet.hpp"

namespace podsnoop {

struct RingOptions {
    std::uint32_t ifindex = 0;  ///< 0: every interface
    std::size_t buffer_bytes = std::size_t{32} << 20;
};

/// How long the kernel may hold a block with packets back before it hands it over. What a person waits for a packet.
inline constexpr std::chrono::milliseconds retire_time{80};

/// A packet in the ring.
struct RingFrame {
    Time time;
    Bytes data;
    std::uint32_t wire_length = 0;
    std::uint32_t ifindex = 0;
    std::uint16_t protocol = 0;  ///< EtherType of what data starts with; a tag's own where it starts with the rest of a tag
};

/// Memory shared with the kernel; unmapped when it goes.
class Mapping {
  public:
    Mapping() = default;
    explicit Mapping(std::span<std::byte> memory) noexcept : memory_(memory) {}
    Mapping(Mapping&& other) noexcept : memory_(std::exchange(other.memory_, {})) {}
    Mapping& operator=(Mapping&& other) noexcept {
        std::swap(memory_, other.memory_);
        return *this;
    }
    ~Mapping() {
        if (!memory_.empty()) ::munmap(memory_.data(), memory_.size());
    }

    [[nodiscard]] std::span<std::byte> bytes() const noexcept { return memory_; }

  private:
    std::span<std::byte> memory_;
};

class PacketRing {
  public:
    /// Makes the socket, in this thread's network namespace. It sees nothing yet.
    static Result<PacketRing> open(const RingOptions& options);
    /// Gives it memory. The kernel waits for all its processors meanwhile, some 10 ms, as it does when the ring is closed:
    /// rings of many namespaces had better be given theirs, and closed, side by side.
    Result<void> allocate();
    /// Lets packets in, once it has memory: those that an eBPF socket filter keeps, whose descriptor is needed no longer
    /// then. `room` is where it tells the filter what room there is, and must outlive it.
    Result<void> attach(int filter_fd, RingRoom room = {});

    /// The oldest packet not yet popped; null where none is waiting. Valid until `pop()`.
    [[nodiscard]] const RingFrame* front() noexcept;
    /// Done with the front packet: its memory may go back to the kernel.
    void pop() noexcept;

    [[nodiscard]] int fd() const noexcept { return socket_.get(); }
    [[nodiscard]] std::uint32_t ifindex() const noexcept { return options_.ifindex; }
    /// Packets in blocks the kernel has handed over, not yet popped.
    [[nodiscard]] std::uint64_t waiting() const noexcept;
    /// Whether packets behind the front one were let go unseen: what is learned of it may no longer hold in the filter.
    [[nodiscard]] bool is_behind() const noexcept { return blocks_behind_ != 0; }
    /// Packets that found the ring full, since it was opened.
    [[nodiscard]] std::uint64_t drops() const noexcept;
    /// Takes the socket's pending error, ENETDOWN where its interface went down. Until then poll() reports
    /// it.
    [[nodiscard]] int take_error() noexcept;
    /// Lets no further packet in. Needs no privilege.
    Result<void> close_inlet() noexcept;

  private:
    PacketRing() = default;
    std::span<std::byte> block(std::size_t index) const noexcept;
    [[nodiscard]] bool open_block() noexcept;
    void read_frame() noexcept;
    void hand_back() noexcept;

    Fd socket_;
    Mapping memory_;
    std::size_t block_bytes_ = 0, block_count_ = 0;
    std::size_t current_ = 0;        ///< the block being read, or to be read next
    std::size_t offset_ = 0;         ///< of the front frame in it
    std::uint32_t frames_left_ = 0;  ///< in the current block, the front one included; 0: block not open
    std::size_t blocks_behind_ = 0;  ///< of those to read, the ones from before the filter last found the ring full
    RingFrame frame_;
    RingOptions options_;
    RingRoom room_;
    mutable std::uint64_t drops_ = 0;  ///< the kernel forgets its own count on each reading
};

}  // namespace podsnoop
