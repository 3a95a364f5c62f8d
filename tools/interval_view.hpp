// How records of intervals are shown: printed one after the other, or on a screen of their own.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "event/interval.hpp"
#include "print/record_blocks.hpp"

namespace podsnoop {

template <class Record>
class IntervalView {
  public:
    IntervalView() = default;
    IntervalView(const IntervalView&) = delete;
    IntervalView& operator=(const IntervalView&) = delete;
    virtual ~IntervalView() = default;

    /// What comes before the first interval. Here and below, what is appended to `out` is written soon.
    virtual void begin(std::string& out) = 0;
    /// An interval that is over, maybe one in which nothing happened.
    virtual void show(std::string& out, const Interval& interval, std::vector<Record> records) = 0;
    /// There are no more.
    virtual void end(std::string& out) { static_cast<void>(out); }

    /// Readable when attend() has something to do; -1: never.
    [[nodiscard]] virtual int poll_fd() const { return -1; }
    /// Heeds the user, who may be at the keyboard.
    virtual void attend(std::string& out) { static_cast<void>(out); }
    /// Whether the user wants no more.
    [[nodiscard]] virtual bool closed() const { return false; }
};

/// One block after the other.
template <class Record>
class PrintedIntervals : public IntervalView<Record> {
  public:
    explicit PrintedIntervals(RecordBlocks<Record> blocks) : blocks_(std::move(blocks)) {}

    void begin(std::string& out) override { blocks_.header(out); }
    void show(std::string& out, const Interval& interval, std::vector<Record> records) override {
        blocks_.print(out, interval, records);
    }

  private:
    RecordBlocks<Record> blocks_;
};

}  // namespace podsnoop
