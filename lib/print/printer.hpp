// Exchanges in every format: what any record has, and below a table's rows the headers and bodies asked for.
#pragma once

#include <string>
#include <string_view>

#include "event/exchange.hpp"
#include "event/fields_http.hpp"
#include "print/options.hpp"
#include "print/otlp_spans.hpp"
#include "print/record_printer.hpp"

namespace podsnoop {

/// An exchange with what is asked for of it.
struct AskedExchange {
    const Exchange& exchange;
    ExchangeExtras extras;
};

class ExchangePrinter {
  public:
    explicit ExchangePrinter(const PrintOptions& options);

    /// As of RecordPrinter.
    void header(std::string& out) const { printer_.header(out); }
    void print(std::string& out, const Exchange& exchange);

  private:
    void append_details(std::string& out, std::string_view prefix, const Message& message);

    PrintOptions options_;
    ExchangeExtras extras_;
    RecordPrinter<AskedExchange> printer_;
    OtlpSpans spans_;
    std::string line_;  // one line of details on its way; its capacity is what is kept
};

}  // namespace podsnoop
