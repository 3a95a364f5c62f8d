// Records that belong to an interval, interval by interval: lines for programs, a table of its own each for people.
#pragma once

#include <span>
#include <string>
#include <utility>

#include "event/interval.hpp"
#include "print/record_printer.hpp"

namespace podsnoop {

/// "2026-11-21 07:49:25 UTC, 10.0s".
void append_interval(std::string& out, const Interval& interval);
/// The line above an interval's table: that, and whether nothing happened then.
void append_interval_title(std::string& out, const PrintOptions& options, const Interval& interval, bool nothing);

template <class Record>
class RecordBlocks {
  public:
    /// `blank`: as of RecordPrinter.
    explicit RecordBlocks(const PrintOptions& options, const Record& blank = Record{})
        : options_(options), blank_(blank), printer_(options, blank) {}

    /// Appends what comes before the first block: CSV's names.
    void header(std::string& out) const {
        if (!for_people()) printer_.header(out);
    }

    /// Appends an interval's records. One in which nothing happened is no record; people are told that it is over.
    void print(std::string& out, const Interval& interval, std::span<const Record> records) {
        if (for_people()) {
            // Each as wide as it needs, since none of it stands below what came before.
            printer_ = RecordPrinter<Record>(options_, blank_);
            printer_.fit(records);
            if (!std::exchange(first_, false)) out += '\n';
            append_interval_title(out, options_, interval, records.empty());
            if (!records.empty()) printer_.header(out);
        }
        for (const Record& record : records) printer_.print(out, record);
    }

  private:
    [[nodiscard]] bool for_people() const { return options_.format == Format::table || options_.format == Format::wide; }

    PrintOptions options_;
    Record blank_;
    RecordPrinter<Record> printer_;
    bool first_ = true;
};

}  // namespace podsnoop
