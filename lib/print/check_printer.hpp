// Checks for people: a table whose last column is folded, not cut, since the reason is what was asked for; and below
// it what to do.
#pragma once

#include <string>
#include <string_view>

#include "event/check.hpp"
#include "event/fields_check.hpp"
#include "print/record_printer.hpp"

namespace podsnoop {

class CheckPrinter {
  public:
    explicit CheckPrinter(const PrintOptions& options);

    void header(std::string& out) const { printer_.header(out); }
    void print(std::string& out, const CheckRecord& check);

  private:
    /// Appends lines that begin where the last column does.
    void continue_with(std::string& out, std::string_view text) const;

    bool table_;
    RecordPrinter<CheckRecord> printer_;
    std::size_t indent_ = 0;  // columns before the last one
    unsigned room_;           // columns of the last one
};

}  // namespace podsnoop
