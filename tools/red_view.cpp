#include "red_view.hpp"

#include <utility>

#include "print/red_frame.hpp"

namespace podsnoop {

void RedView::draw(std::string& out) const {
    const Screen::Size size = Screen::size();
    RedFrame frame{.records = {},
                   .interval = {},
                   .length = length_,
                   .order = name_of(order_),
                   .paused = paused_,
                   .color = color_,
                   .columns = size.columns,
                   .rows = size.rows};
    if (shown_) {
        frame.records = shown_->records;
        frame.interval = shown_->interval;
    }
    append_red_frame(out, frame);
}

void RedView::show(std::string& out, const Interval& interval, std::vector<RedRecord> records) {
    sort_by(order_, records);
    (paused_ ? meanwhile_ : shown_) = Shown{interval, std::move(records)};
    draw(out);
}

void RedView::end(std::string& out) {
    screen_->leave(out);
    if (shown_) blocks_.print(out, shown_->interval, shown_->records);
}

void RedView::attend(std::string& out) {
    auto [keys, redraw] = screen_->take();
    for (const char key : keys) {
        if (key == 'q') {
            closed_ = true;
            return;
        }
        if (key == 's') {
            order_ = next_order(order_);
            if (shown_) sort_by(order_, shown_->records);
        } else if (key == 'p') {
            paused_ = !paused_;
            if (!paused_ && meanwhile_) {
                shown_ = std::exchange(meanwhile_, std::nullopt);
                sort_by(order_, shown_->records);
            }
        } else {
            continue;
        }
        redraw = true;
    }
    if (redraw) draw(out);
}

}  // namespace podsnoop
