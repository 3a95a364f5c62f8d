// OOM kills, by the best means that this kernel has.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "event/oom.hpp"
#include "event/probe_ledger.hpp"
#include "probe/cgroup_names.hpp"
#include "probe/features.hpp"
#include "probe/kernel_log.hpp"
#include "probe/oom_bpf.hpp"
#include "probe/oom_log.hpp"
#include "probe/tracepoint.hpp"

namespace podsnoop {

/// One mechanism tells of kills: BPF programs, a tracepoint by perf, or the kernel's log. Where a tracepoint tells of the
/// victim only, the log is read beside it, and the record waits a moment for the rest.
class OomProbe {
  public:
    /// Tries one mechanism after the other. Fails where none works, with the reasons.
    static Result<OomProbe> open(const Features& features);

    [[nodiscard]] std::vector<int> poll_fds() const;
    /// How long take() may wait for events before it has something to do all the same.
    [[nodiscard]] std::optional<Nanoseconds> patience() const;
    /// Appends the kills that are known by now.
    Result<void> take(std::vector<OomKill>& kills);
    /// Appends those that are left.
    Result<void> finish(std::vector<OomKill>& kills);
    [[nodiscard]] ProbeLosses lost() const;

    [[nodiscard]] ProbeSource source() const { return source_; }
    /// What the records lack because better mechanisms do not work, and why they do not, for the ready line; empty for
    /// nothing.
    [[nodiscard]] std::string lacks() const;

  private:
    using Clock = std::chrono::steady_clock;
    struct Waiting {
        OomKill kill;
        Clock::time_point until;
    };
    void take_samples(std::vector<OomKill>& kills);
    /// Puts together what tracepoint and log told.
    void join(std::vector<OomKill>& kills, bool at_end);

    ProbeSource source_ = ProbeSource::kmsg;
    std::string refused_;  // "kprobe: not compiled into this kernel; …"
    std::optional<OomBpf> bpf_;
    std::optional<Tracepoint> tracepoint_;
    std::optional<KernelLog> log_;
    OomLog log_kills_;
    Clock::time_point log_spoke_;
    KernelClock clock_{CLOCK_MONOTONIC};  // a tracepoint's
    std::vector<Waiting> waiting_;  ///< of a tracepoint, for the log
};

/// What the kernel's log knows of a kill and a tracepoint does not: into the tracepoint's record. Pure.
void complete(OomKill& kill, const OomKill& logged);

}  // namespace podsnoop
