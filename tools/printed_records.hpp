// A consumer that prints each record as it comes, up to a number of them.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "consumer.hpp"

namespace podsnoop {

/// `Printer` as RecordPrinter.
template <class Record, class Printer>
class PrintedRecords : public Consumer<Record> {
  public:
    /// `count`: how many to print; 0: no limit.
    PrintedRecords(Printer printer, std::uint64_t count) : printer_(std::move(printer)), count_(count) {}

    void begin(std::string& out) override { printer_.header(out); }
    void take(const Record& record, std::string& out) override {
        printer_.print(out, record);
        ++printed_;
    }
    [[nodiscard]] bool done() const override { return count_ != 0 && printed_ == count_; }

  private:
    Printer printer_;
    std::uint64_t count_, printed_ = 0;
};

}  // namespace podsnoop
