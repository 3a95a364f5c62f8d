#include "screen.hpp"

#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <string_view>
#include <utility>

namespace podsnoop {

namespace {

// xterm's private modes 1049 (the other screen, cursor saved) and 25 (cursor), which all of today's terminals have.
constexpr std::string_view enter_text = "\x1b[?1049h\x1b[?25l", leave_text = "\x1b[?25h\x1b[?1049l";

void write_at_once(std::string_view text) {
    if (write(STDOUT_FILENO, text.data(), text.size()) < 0) return;  // it is gone, and so is what was on it
}

bool watch(const Fd& epoll, int fd) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = fd;
    return epoll_ctl(epoll.get(), EPOLL_CTL_ADD, fd, &event) == 0;
}

}  // namespace

bool Screen::is_possible(const Output& output) {
    const char* term = std::getenv("TERM");
    const bool can_draw = term != nullptr && *term != '\0' && std::string_view(term) != "dumb";
    return can_draw && output.is_terminal() && tcgetpgrp(STDOUT_FILENO) == getpgrp();  // else it is in the background
}

std::unique_ptr<Screen> Screen::take_over() {
    sigset_t set;
    sigemptyset(&set);
    for (const int signal : {SIGWINCH, SIGTSTP}) sigaddset(&set, signal);
    Fd epoll(epoll_create1(EPOLL_CLOEXEC)), signals(signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC));
    if (!epoll || !signals || !watch(epoll, signals.get()) || sigprocmask(SIG_BLOCK, &set, nullptr) != 0) return nullptr;
    std::unique_ptr<Screen> screen(new Screen(std::move(epoll), std::move(signals)));
    screen->enter();
    screen->reads_keys_ = screen->reads_keys_ && watch(screen->epoll_, STDIN_FILENO);
    return screen;
}

Screen::~Screen() { give_back(); }

void Screen::enter() {
    // Keys as they come, unseen; Ctrl-C and Ctrl-Z remain signals. Elsewhere than at a terminal there are none.
    reads_keys_ = tcgetattr(STDIN_FILENO, &before_) == 0;
    if (reads_keys_) {
        termios raw = before_;
        raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
        raw.c_cc[VMIN] = 0;
        raw.c_cc[VTIME] = 0;
        tcsetattr(STDIN_FILENO, TCSADRAIN, &raw);
    }
    write_at_once(enter_text);
}

void Screen::give_back() {
    if (!left_) write_at_once(leave_text);
    if (reads_keys_) tcsetattr(STDIN_FILENO, TCSADRAIN, &before_);
}

Screen::Size Screen::size() {
    winsize size{};
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0) return {80, 24};
    return {size.ws_col, size.ws_row};
}

Screen::Input Screen::take() {
    Input input;
    signalfd_siginfo signal{};
    while (read(signals_.get(), &signal, sizeof signal) == static_cast<ssize_t>(sizeof signal)) {
        if (signal.ssi_signo == SIGTSTP) stop();
        input.redraw = true;
    }
    if (!reads_keys_) return input;
    std::array<char, 64> keys{};
    const ssize_t count = read(STDIN_FILENO, keys.data(), keys.size());
    if (count > 0) input.keys.assign(keys.data(), static_cast<std::size_t>(count));
    // A terminal that hung up would be readable for ever.
    if (count < 0) epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, STDIN_FILENO, nullptr);
    return input;
}

/// As the shell wants it, which has the terminal meanwhile.
void Screen::stop() {
    give_back();
    raise(SIGSTOP);
    enter();
}

void Screen::leave(std::string& out) {
    if (!std::exchange(left_, true)) out += leave_text;
}

}  // namespace podsnoop
