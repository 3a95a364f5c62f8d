// podsnoop red on a terminal: one picture of an interval, drawn over the one before.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "event/interval.hpp"
#include "event/red.hpp"

namespace podsnoop {

struct RedFrame {
    std::span<const RedRecord> records;  ///< as they are to stand
    std::optional<Interval> interval;    ///< theirs; nothing while the first goes on
    Nanoseconds length{0};               ///< of every interval
    std::string_view order;              ///< what they are sorted by
    bool paused = false, color = false;
    unsigned columns = 0, rows = 0;      ///< of the terminal
};

/// Appends what draws it: no more lines than there are rows, none longer than there are columns, no line end after the last.
/// What was there before is gone.
void append_red_frame(std::string& out, const RedFrame& frame);

}  // namespace podsnoop
