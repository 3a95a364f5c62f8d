// The kernel's log, from now on.
#pragma once

#include <cstdint>

#include "base/fd.hpp"
#include "base/result.hpp"
#include "probe/oom_log.hpp"

namespace podsnoop {

class KernelLog {
  public:
    static Result<KernelLog> open();

    [[nodiscard]] int poll_fd() const { return fd_.get(); }
    /// Gives `log` the lines there are, and says whether there were any.
    bool read_into(OomLog& log);
    /// How often lines were written over before they were read.
    [[nodiscard]] std::uint64_t lost() const { return lost_; }

  private:
    Fd fd_;
    std::uint64_t lost_ = 0;
};

}  // namespace podsnoop
