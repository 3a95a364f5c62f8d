// The socket filter in the kernel, from the program's side: loading it, reading its counters, telling it what
// the decoder learned.
#pragma once

#include <array>
#include <cstdint>
#include <memory>

#include "base/result.hpp"
#include "event/flow_hint.hpp"
#include "event/ledger.hpp"

struct http_filter;  // the skeleton

namespace podsnoop {

struct FilterOptions {
    std::uint32_t body_preview = 0;  ///< body bytes to keep of each message, where bodies are skipped
    bool decapsulate = true;         ///< look into tunnels
};

class HttpFilter {
  public:
    static Result<HttpFilter> load(const FilterOptions& options);

    /// For SO_ATTACH_BPF. One filter may serve many sockets.
    [[nodiscard]] int program_fd() const noexcept;
    /// What the filter counted on all CPUs. `kept` is what it let through, before the ring.
    [[nodiscard]] Result<PacketCounts> counts() const;
    /// Writes a hint into the kernel's memory of flows. It is advice: nothing is said where it cannot be
    /// written.
    void hint(const FlowHint& hint, std::uint32_t interface_index);

  private:
    struct Destroy {
        void operator()(http_filter* skeleton) const noexcept;
    };

    std::unique_ptr<http_filter, Destroy> skeleton_;
    std::array<std::uint32_t, 10> seed_{};
};

}  // namespace podsnoop
