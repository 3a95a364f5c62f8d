// The terminal taken over for a picture that changes in place: its other screen, and keys as they are pressed.
#pragma once

#include <termios.h>

#include <memory>
#include <string>

#include "base/fd.hpp"
#include "terminal.hpp"

namespace podsnoop {

class Screen {
  public:
    /// Whether standard output is a terminal that can be drawn on, and is this process's to draw on.
    static bool is_possible(const Output& output);
    /// Null where the terminal refuses.
    static std::unique_ptr<Screen> take_over();
    Screen(const Screen&) = delete;
    Screen& operator=(const Screen&) = delete;
    /// Gives the terminal back as it was.
    ~Screen();

    struct Size {
        unsigned columns, rows;
    };
    /// 80 columns and 24 rows where the terminal does not say.
    [[nodiscard]] static Size size();

    struct Input {
        std::string keys;     ///< pressed since the last time
        bool redraw = false;  ///< the picture is gone, or no longer fits
    };
    /// What the user did. Where that is to stop the process (Ctrl-Z), it returns when it goes on.
    Input take();
    /// Readable when take() may have something.
    [[nodiscard]] int poll_fd() const { return epoll_.get(); }

    /// Appends what brings the first screen back. Nothing is to be drawn after that.
    void leave(std::string& out);

  private:
    Screen(Fd epoll, Fd signals) : epoll_(std::move(epoll)), signals_(std::move(signals)) {}
    void enter();
    void give_back();
    void stop();

    Fd epoll_, signals_;
    termios before_{};
    bool reads_keys_ = false, left_ = false;
};

}  // namespace podsnoop
