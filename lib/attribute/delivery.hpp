// Who carries away what this process writes: itself, and the programs behind the pipe that its standard output is. Their
// connections are left out of what it tells, which would else be about its own telling.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

namespace podsnoop {

/// Goes by standard input and output alone, as pipelines are made: whoever reads the pipe as standard input, then whoever
/// reads what that one writes, and so on. One link of /proc a process tells that; who reads a pipe otherwise is not known.
class Delivery {
  public:
    /// `root`: what /proc stands below. `output`: where this process' standard output leads, "pipe:[4711]"; what else it may
    /// be leads to no program.
    Delivery(std::string root, std::string output) : root_(std::move(root)), output_(std::move(output)) {}
    /// The standard output that there is.
    static std::string own_output();

    /// Inodes of all sockets that these processes hold. Looks for the processes again, at most one part in a hundred of the
    /// time: one that came since the last look is not among them.
    const std::unordered_set<std::uint32_t>& sockets();

  private:
    using Clock = std::chrono::steady_clock;
    void look_for_readers();
    void add_sockets(const std::string& process);

    std::string root_, output_;
    std::vector<std::uint32_t> readers_;
    Clock::time_point next_look_{};
    std::unordered_set<std::uint32_t> sockets_;
};

}  // namespace podsnoop
