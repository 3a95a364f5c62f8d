// Standard output and the signals that end a trace: what the program and its user have between them.
#pragma once

#include <string>
#include <string_view>

#include "base/fd.hpp"
#include "base/result.hpp"

namespace podsnoop {

/// SIGINT, SIGTERM and SIGHUP as something to poll for. SIGPIPE is ignored from then on.
class StopSignals {
  public:
    static Result<StopSignals> open();
    [[nodiscard]] int poll_fd() const { return fd_.get(); }
    /// Whether one came; takes it.
    bool take();

  private:
    Fd fd_;
};

/// Writes to standard output without ever being stuck there: a signal ends the wait.
class Output {
  public:
    explicit Output(StopSignals& signals);

    enum class Written {
        all,
        closed,   ///< nobody reads any more, as with `| head`
        stopped,  ///< a signal came first
    };
    /// Writes everything. Fails where the device does, as when a disk is full.
    Result<Written> write(std::string_view text);

    /// For poll() with no events asked: POLLERR says that nobody reads any more.
    [[nodiscard]] int poll_fd() const { return fd_; }
    [[nodiscard]] bool is_terminal() const { return terminal_; }
    /// Columns of the terminal; 0 where it is none.
    [[nodiscard]] unsigned width() const;

  private:
    StopSignals& signals_;
    Fd own_;  // a pipe opened again, so that it can be made non-blocking without others noticing
    int fd_ = 1;
    bool never_waits_ = false, terminal_ = false;
};

/// Writes a text to standard output, for a command that does nothing else.
Result<void> print_text(std::string_view text);

}  // namespace podsnoop
