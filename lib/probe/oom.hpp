// OOM kills, by the best means that this kernel has.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "event/oom.hpp"
#include "probe/features.hpp"
#include "probe/oom_bpf.hpp"

namespace podsnoop {

class OomProbe {
  public:
    /// Tries one mechanism after the other. Fails where none works, with the reasons.
    static Result<OomProbe> open(const Features& features);

    [[nodiscard]] std::vector<int> poll_fds() const;
    /// How long to wait for events before take() has something to do all the same.
    [[nodiscard]] std::optional<Nanoseconds> patience() const;
    /// Appends the kills that are known by now.
    Result<void> take(std::vector<OomKill>& kills);
    /// Appends those that are left.
    Result<void> finish(std::vector<OomKill>& kills);
    /// Victims that the kernel had no room to tell of.
    [[nodiscard]] std::uint64_t lost() const;

    [[nodiscard]] ProbeSource source() const { return source_; }
    /// What the records lack because a better mechanism does not work, for the ready line; empty for nothing.
    [[nodiscard]] std::string lacks() const;

  private:
    ProbeSource source_ = ProbeSource::kprobe;
    std::optional<OomBpf> bpf_;
};

}  // namespace podsnoop
