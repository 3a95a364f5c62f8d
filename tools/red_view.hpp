// podsnoop red at a terminal: the last interval in place of the one before, sorted and held as keys say.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "event/fields_red.hpp"
#include "interval_view.hpp"
#include "screen.hpp"
#include "stats/red.hpp"

namespace podsnoop {

class RedView : public IntervalView<RedRecord> {
  public:
    /// `blocks` prints the last interval on the first screen when it is over.
    RedView(std::unique_ptr<Screen> screen, Nanoseconds length, RedOrder order, bool color, RecordBlocks<RedRecord> blocks)
        : screen_(std::move(screen)), length_(length), order_(order), color_(color), blocks_(std::move(blocks)) {}

    void begin(std::string& out) override { draw(out); }
    void show(std::string& out, const Interval& interval, std::vector<RedRecord> records) override;
    void end(std::string& out) override;
    [[nodiscard]] int poll_fd() const override { return screen_->poll_fd(); }
    void attend(std::string& out) override;
    [[nodiscard]] bool closed() const override { return closed_; }

  private:
    struct Shown {
        Interval interval;
        std::vector<RedRecord> records;
    };
    void draw(std::string& out) const;

    std::unique_ptr<Screen> screen_;
    Nanoseconds length_;
    RedOrder order_;
    bool color_;
    RecordBlocks<RedRecord> blocks_;
    std::optional<Shown> shown_, meanwhile_;  // what came last while it was held
    bool paused_ = false, closed_ = false;
};

}  // namespace podsnoop
