// The BPF programs that see listeners' queues overflow, from the program's side: attaching them, and what they counted
// as records.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/result.hpp"
#include "event/backlog.hpp"
#include "event/probe_ledger.hpp"
#include "probe/features.hpp"

namespace podsnoop {

struct BacklogOptions {
    Nanoseconds interval{std::chrono::seconds(1)};  ///< between two records of one listener
    bool syn_queue = false;                         ///< overflows of the queue of half-open connections too
};

class BacklogBpf {
  public:
    /// Attaches by kprobe or fentry. Fails where this kernel has no such thing.
    static Result<BacklogBpf> attach(ProbeSource by, const Features& features, const BacklogOptions& options);
    BacklogBpf(BacklogBpf&&) noexcept;
    BacklogBpf& operator=(BacklogBpf&&) noexcept;
    ~BacklogBpf();

    /// Readable when a listener has its first overflow, or its first after a while.
    [[nodiscard]] int poll_fd() const;
    /// How long until take() has something to do all the same; nothing while no listener overflows.
    [[nodiscard]] std::optional<Nanoseconds> patience() const;
    /// Appends records of the listeners whose turn it is; of all with something to tell where `at_end`.
    Result<void> take(std::vector<BacklogOverflow>& overflows, bool at_end);
    [[nodiscard]] ProbeLosses lost() const;

  private:
    struct State;
    explicit BacklogBpf(std::unique_ptr<State> state);

    std::unique_ptr<State> state_;
};

}  // namespace podsnoop
