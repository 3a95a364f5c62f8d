// The BPF programs that see OOM kills, from the program's side: attaching them, and their events as records.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/result.hpp"
#include "event/oom.hpp"
#include "probe/features.hpp"

struct bpf_link;
struct oom;  // the skeleton
struct ring_buffer;

namespace podsnoop {

class OomBpf {
  public:
    /// Attaches by kprobe, fentry or tracepoint (raw, with the task). Fails where this kernel has no such thing.
    static Result<OomBpf> attach(ProbeSource by, const Features& features);
    OomBpf(OomBpf&&) noexcept;
    OomBpf& operator=(OomBpf&&) noexcept;
    ~OomBpf();

    /// Readable when there are events.
    [[nodiscard]] int poll_fd() const;
    /// Appends the kills there are.
    Result<void> take(std::vector<OomKill>& kills);
    /// Victims the ring had no room for.
    [[nodiscard]] std::uint64_t lost() const;

  private:
    struct State;
    explicit OomBpf(std::unique_ptr<State> state);

    std::unique_ptr<State> state_;
};

}  // namespace podsnoop
