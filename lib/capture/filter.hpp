// The socket filter in the kernel, from the program's side: loading the one that is wanted, reading its counters, telling
// it what the decoder learned.
#pragma once

#include <array>
#include <cstdint>
#include <memory>

#include "base/fd.hpp"
#include "base/result.hpp"
#include "capture/ring_room.hpp"
#include "event/flow_hint.hpp"
#include "event/ledger.hpp"

struct http_filter;  // the skeleton

namespace podsnoop {

/// What reaches the ring.
enum class Keep : std::uint8_t {
    http,         ///< what is needed to find HTTP messages: no bare ACKs, no bodies
    tcp_headers,  ///< every TCP segment, without its payload
};

struct FilterOptions {
    Keep keep = Keep::http;
    std::uint32_t body_preview = 0;  ///< body bytes to keep of each message, where bodies are skipped
    bool decapsulate = true;         ///< look into tunnels
    bool bpf_loop = true;            ///< load the quickly verified one where the kernel can; for tests of the other
};

class PacketFilter {
  public:
    static Result<PacketFilter> load(const FilterOptions& options);

    /// For SO_ATTACH_BPF. One filter may serve many sockets of one namespace.
    [[nodiscard]] int program_fd() const noexcept { return program_fd_; }
    /// The same for the sockets of another namespace, so that flows between equal addresses on interfaces of equal
    /// index stay apart. `namespace_number` is the caller's, from 1 on. Cheap: some instructions that call the filter.
    [[nodiscard]] Result<Fd> program_for(std::uint32_t namespace_number);
    /// By which a ring tells the filter of the room in it, where it is the only one of its namespace: by the namespace's
    /// number the filter knows the ring. Gone with the filter.
    [[nodiscard]] RingRoom room_of(std::uint32_t namespace_number) const;
    /// What the filter counted on all CPUs. `kept` is what it let through, before the ring; `dropped_ring_full` what it did not
    /// look at, since there was no room.
    [[nodiscard]] Result<PacketCounts> counts() const;
    /// Whether it leaves out segments inside bodies.
    [[nodiscard]] bool skips_bodies() const noexcept { return keep_ == Keep::http; }
    /// Writes a hint into the kernel's memory of flows, where the filter is one for HTTP. It is advice: nothing is said
    /// where it cannot be written.
    void hint(const FlowHint& hint, std::uint32_t interface_index, std::uint32_t namespace_number = 0);

  private:
    struct Destroy {
        void operator()(http_filter* skeleton) const noexcept;
    };

    std::unique_ptr<http_filter, Destroy> skeleton_;
    int program_fd_ = -1;  // of the skeleton
    Keep keep_ = Keep::http;
    Fd callees_;  // of the entry programs: a program array with the filter in it
    std::array<std::uint32_t, 10> seed_{};
};

}  // namespace podsnoop
