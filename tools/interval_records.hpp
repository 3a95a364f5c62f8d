// A consumer that counts exchanges in a table of lib/stats, and shows what it has when an interval is over.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/time.hpp"
#include "consumer.hpp"
#include "event/exchange.hpp"
#include "interval_view.hpp"
#include "stats/intervals.hpp"

namespace podsnoop {

struct IntervalOptions {
    std::optional<Nanoseconds> length;  ///< nothing: one interval, until tracing ends
    bool once = false;                  ///< the first is enough
};

/// `Table` has add(exchange) and take(interval), which gives its records and empties it.
template <class Table, class Record>
class IntervalRecords : public Consumer<Exchange> {
  public:
    IntervalRecords(Table table, const IntervalOptions& options, std::unique_ptr<IntervalView<Record>> view)
        : table_(std::move(table)), intervals_(options.length), once_(options.once), view_(std::move(view)) {}

    void begin(std::string& out) override { view_->begin(out); }
    void take(const Exchange& exchange, std::string&) override {
        intervals_.begin(exchange.time);
        table_.add(exchange);
    }
    void look_at(Time time, std::string& out) override {
        const std::optional<Interval> over = intervals_.over(time);
        if (!over) return;
        view_->show(out, *over, table_.take(*over));
        shown_ = true;
        if (once_) view_->end(out);
    }
    void finish(Time time, std::string& out) override {
        const Interval last = intervals_.finish(time);
        // Where it ends just after the one before, there is nothing to tell.
        if (auto records = table_.take(last); !records.empty() || !shown_) view_->show(out, last, std::move(records));
        view_->end(out);
    }
    [[nodiscard]] std::optional<Time> due() const override { return intervals_.end(); }
    [[nodiscard]] int poll_fd() const override { return view_->poll_fd(); }
    void attend(std::string& out) override {
        view_->attend(out);
        if (view_->closed()) view_->end(out);
    }
    [[nodiscard]] bool done() const override { return (once_ && shown_) || view_->closed(); }

  private:
    Table table_;
    Intervals intervals_;
    bool once_, shown_ = false;
    std::unique_ptr<IntervalView<Record>> view_;
};

}  // namespace podsnoop
