// The one front of all output formats. A format is a file of its own with header() and print(), and a line
// here and in printer.cpp.
#pragma once

#include <string>
#include <variant>

#include "event/exchange.hpp"
#include "print/csv.hpp"
#include "print/json.hpp"
#include "print/options.hpp"
#include "print/table.hpp"

namespace podsnoop {

class ExchangePrinter {
  public:
    explicit ExchangePrinter(const PrintOptions& options);

    /// Appends what comes before the first record: a table's titles, CSV's names, nothing for JSON.
    void header(std::string& out) const;
    /// Appends one record. Whatever the exchange's bytes are, the text is valid UTF-8 without control
    /// characters but for line ends and, where asked for, colours.
    void print(std::string& out, const Exchange& exchange);

  private:
    std::variant<TablePrinter, JsonPrinter, CsvPrinter> printer_;
};

}  // namespace podsnoop
