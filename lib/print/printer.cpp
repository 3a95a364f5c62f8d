#include "print/printer.hpp"

namespace podsnoop {

namespace {

std::variant<TablePrinter, JsonPrinter, CsvPrinter> printer_for(const PrintOptions& options) {
    const ExchangeExtras extras{.headers = options.headers, .body = options.body};
    switch (options.format) {
        case Format::table:
        case Format::wide:
            break;
        case Format::json:
            return JsonPrinter(extras);
        case Format::csv:
            return CsvPrinter(extras);
    }
    return TablePrinter(options);
}

}  // namespace

ExchangePrinter::ExchangePrinter(const PrintOptions& options) : printer_(printer_for(options)) {}

void ExchangePrinter::header(std::string& out) const {
    std::visit([&](const auto& printer) { printer.header(out); }, printer_);
}

void ExchangePrinter::print(std::string& out, const Exchange& exchange) {
    std::visit([&](auto& printer) { printer.print(out, exchange); }, printer_);
}

}  // namespace podsnoop
