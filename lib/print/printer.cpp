#include "print/printer.hpp"

#include <algorithm>

#include "print/escape.hpp"
#include "print/table.hpp"

namespace podsnoop {

template <class Visitor>
static void visit_fields(const AskedExchange& asked, Visitor& v) {
    visit_fields(asked.exchange, asked.extras, v);
}

template <class Visitor>
static void visit_columns(const AskedExchange& asked, Visitor& v) {
    visit_columns(asked.exchange, v);
}

ExchangePrinter::ExchangePrinter(const PrintOptions& options)
    : options_(options),
      extras_{.headers = options.headers, .body = options.body},
      printer_(options, AskedExchange{Exchange{}, extras_}) {}

void ExchangePrinter::print(std::string& out, const Exchange& exchange) {
    if (options_.format == Format::otlp) return spans_.append(out, exchange);
    printer_.print(out, {exchange, extras_});
    if (options_.format != Format::table && options_.format != Format::wide) return;
    append_details(out, "> ", exchange.request);
    append_details(out, "< ", exchange.response);
}

void ExchangePrinter::append_details(std::string& out, std::string_view prefix, const Message& message) {
    if (!message.seen) return;
    if (options_.headers) {
        for (const Header& header : message.headers) {
            line_.clear();
            append_terminal_text(line_, header.name);
            line_ += ": ";
            append_terminal_text(line_, header.value);
            append_folded(out, prefix, line_, options_.width);
        }
    }
    if (!options_.body) return;
    std::string_view rest = message.body_preview;
    while (!rest.empty()) {
        const std::size_t end = std::min(rest.find('\n'), rest.size());
        std::string_view line = rest.substr(0, end);
        rest.remove_prefix(std::min(end + 1, rest.size()));
        if (line.ends_with('\r')) line.remove_suffix(1);
        line_.clear();
        append_terminal_text(line_, line);
        append_folded(out, prefix, line_, options_.width);
    }
}

}  // namespace podsnoop
