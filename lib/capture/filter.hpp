// The socket filter in the kernel, from the program's side: loading it, reading its counters, telling it what
// the decoder learned.
#pragma once

#include <array>
#include <cstdint>
#include <memory>

#include "base/fd.hpp"
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

    /// For SO_ATTACH_BPF. One filter may serve many sockets of one namespace.
    [[nodiscard]] int program_fd() const noexcept;
    /// The same for the sockets of another namespace, so that flows between equal addresses on interfaces of equal
    /// index stay apart. `namespace_number` is the caller's, from 1 on. Cheap: some instructions that call the filter.
    [[nodiscard]] Result<Fd> program_for(std::uint32_t namespace_number);
    /// What the filter counted on all CPUs. `kept` is what it let through, before the ring.
    [[nodiscard]] Result<PacketCounts> counts() const;
    /// Writes a hint into the kernel's memory of flows. It is advice: nothing is said where it cannot be
    /// written.
    void hint(const FlowHint& hint, std::uint32_t interface_index, std::uint32_t namespace_number = 0);

  private:
    struct Destroy {
        void operator()(http_filter* skeleton) const noexcept;
    };

    std::unique_ptr<http_filter, Destroy> skeleton_;
    Fd callees_;  // of the entry programs: a program array with the filter in it
    std::array<std::uint32_t, 10> seed_{};
};

}  // namespace podsnoop
