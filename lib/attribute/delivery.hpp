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

    using Inodes = std::unordered_set<std::uint32_t>;
    /// Of all sockets that these processes hold. The processes, and this one's sockets, are looked for again for at most one
    /// part in a hundred of the time: what came since the last look is not among them.
    const Inodes& sockets();

  private:
    using Clock = std::chrono::steady_clock;
    void look();
    void look_for_readers();
    static void add_sockets(Inodes& to, const std::string& process);

    std::string root_, output_;
    std::vector<std::uint32_t> readers_;
    Clock::time_point next_look_{};
    Inodes own_, sockets_;
};

}  // namespace podsnoop
