// Overflows for where no probe can be attached: all network namespaces are looked at, once an interval.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/result.hpp"
#include "event/backlog.hpp"
#include "event/probe_ledger.hpp"
#include "node_listeners.hpp"
#include "probe/netstat_backlog.hpp"

namespace podsnoop {

class NetstatProbe {
  public:
    /// `listeners` must outlive it. Fails where no namespace at all can be looked at.
    static Result<NetstatProbe> open(NodeListeners& listeners, Nanoseconds interval);

    [[nodiscard]] std::vector<int> poll_fds() const { return {}; }
    [[nodiscard]] std::optional<Nanoseconds> patience() const;
    Result<void> take(std::vector<BacklogOverflow>& overflows);
    Result<void> finish(std::vector<BacklogOverflow>& overflows);
    [[nodiscard]] static ProbeLosses lost() { return {}; }

  private:
    using Clock = std::chrono::steady_clock;
    NetstatProbe(NodeListeners& listeners, Nanoseconds interval) : listeners_(&listeners), interval_(interval) {}
    bool look(std::vector<BacklogOverflow>& overflows, bool anew);

    NodeListeners* listeners_;
    Nanoseconds interval_;
    Clock::time_point next_;
    NetstatBacklog backlog_;
};

}  // namespace podsnoop
