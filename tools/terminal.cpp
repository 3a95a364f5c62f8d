#include "terminal.hpp"

#include <fcntl.h>
#include <linux/major.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>

#include "node/reason.hpp"

namespace podsnoop {

namespace {

constexpr std::size_t careful_write = 4096;  // what a device that is ready takes without blocking (PIPE_BUF)

}  // namespace

Result<StopSignals> StopSignals::open() {
    sigset_t set;
    sigemptyset(&set);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
        // SIGHUP stays ignored under nohup. SIGINT counts even where a shell ignores it for what runs in the
        // background: scripts end a trace by it.
        struct sigaction action{};
        sigaction(signal, nullptr, &action);
        const bool ignored = action.sa_handler == SIG_IGN;
        if (signal == SIGHUP && ignored) continue;
        if (ignored) std::signal(signal, SIG_DFL);
        sigaddset(&set, signal);
    }
    sigprocmask(SIG_BLOCK, &set, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
    StopSignals signals;
    signals.fd_ = Fd(signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC));
    if (!signals.fd_) return fail("cannot wait for signals", {}, reason_of(errno));
    return signals;
}

bool StopSignals::take() {
    signalfd_siginfo info;
    return read(fd_.get(), &info, sizeof info) == static_cast<ssize_t>(sizeof info);
}

Output::Output(StopSignals& signals) : signals_(signals), terminal_(isatty(STDOUT_FILENO) == 1) {
    struct stat status{};
    if (fstat(STDOUT_FILENO, &status) != 0) return;
    // Of devices, those of memory: /dev/null.
    never_waits_ = S_ISREG(status.st_mode) || (S_ISCHR(status.st_mode) && major(status.st_rdev) == MEM_MAJOR);
    if (!S_ISFIFO(status.st_mode)) return;
    own_ = Fd(::open("/proc/self/fd/1", O_WRONLY | O_NONBLOCK | O_CLOEXEC));
    if (own_) fd_ = own_.get();
}

Result<Output::Written> Output::write(std::string_view text) {
    while (!text.empty()) {
        pollfd fds[2] = {{fd_, POLLOUT, 0}, {signals_.poll_fd(), POLLIN, 0}};
        if (!never_waits_ && poll(fds, 2, -1) < 0 && errno != EINTR)
            return fail("cannot write", "standard output", reason_of(errno));
        if ((fds[0].revents & POLLERR) != 0 && (fds[0].revents & POLLOUT) == 0) return Written::closed;
        if ((fds[0].revents & POLLOUT) == 0 && !never_waits_) {
            if ((fds[1].revents & POLLIN) != 0) return Written::stopped;
            continue;
        }
        const std::size_t count = never_waits_ || own_ ? text.size() : std::min(text.size(), careful_write);
        const ssize_t written = ::write(fd_, text.data(), count);
        if (written >= 0) {
            text.remove_prefix(static_cast<std::size_t>(written));
        } else if (errno == EPIPE) {
            return Written::closed;
        } else if (errno != EAGAIN && errno != EINTR) {
            return fail("cannot write", "standard output", reason_of(errno));
        }
    }
    return Written::all;
}

unsigned Output::width() const {
    winsize size{};
    if (!terminal_ || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return terminal_ ? 80 : 0;
    return size.ws_col;
}

Result<void> print_text(std::string_view text) {
    auto signals = StopSignals::open();
    if (!signals) return std::unexpected(signals.error());
    if (const auto written = Output(*signals).write(text); !written) return std::unexpected(written.error());
    return {};
}

}  // namespace podsnoop
