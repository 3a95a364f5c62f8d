// Overflows of listeners' queues, by the best means that this kernel has.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "event/backlog.hpp"
#include "probe/backlog_bpf.hpp"
#include "probe/features.hpp"

namespace podsnoop {

class BacklogProbe {
  public:
    /// Tries one mechanism after the other. Fails where none works, with the reasons as the Error's `why`.
    static Result<BacklogProbe> open(const Features& features, const BacklogOptions& options);

    [[nodiscard]] std::vector<int> poll_fds() const { return {bpf_.poll_fd()}; }
    [[nodiscard]] std::optional<Nanoseconds> patience() const { return bpf_.patience(); }
    Result<void> take(std::vector<BacklogOverflow>& overflows) { return bpf_.take(overflows, false); }
    Result<void> finish(std::vector<BacklogOverflow>& overflows) { return bpf_.take(overflows, true); }
    [[nodiscard]] ProbeLosses lost() const { return bpf_.lost(); }
    [[nodiscard]] ProbeSource source() const { return source_; }

  private:
    BacklogProbe(BacklogBpf bpf, ProbeSource source) : bpf_(std::move(bpf)), source_(source) {}

    BacklogBpf bpf_;
    ProbeSource source_;
};

}  // namespace podsnoop
