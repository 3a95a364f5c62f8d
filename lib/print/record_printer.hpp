// A printer for any record that is described by visit_fields() and visit_columns(): one template, so that a
// new record has all formats the day it is described.
#pragma once

#include <span>
#include <string>

#include "print/csv.hpp"
#include "print/influx.hpp"
#include "print/json.hpp"
#include "print/layout.hpp"
#include "print/options.hpp"
#include "print/otlp_metrics.hpp"
#include "print/table.hpp"
#include "print/text_cache.hpp"

namespace podsnoop {

template <class Record>
class RecordPrinter {
  public:
    /// Names, titles and widths are those of a record in which nothing is known.
    explicit RecordPrinter(const PrintOptions& options, const Record& blank = Record{}) : options_(options) {
        visit_columns(blank, columns_);
        layout_ = lay_out();
        if (options.format != Format::csv) return;
        CsvNames names(csv_names_);
        visit_fields(blank, names);
        csv_names_ += '\n';
    }

    /// Makes a table's columns as wide as these records need, where all are known before the first is printed.
    void fit(std::span<const Record> records) {
        ColumnMeasure measure(cache_);
        for (const Record& record : records) {
            visit_columns(record, measure);
            measure.end_record();
        }
        if (records.empty()) return;
        columns_.fit(measure.needs());
        layout_ = lay_out();
    }

    /// Appends what comes before the first record: a table's titles, CSV's names, nothing for the others.
    void header(std::string& out) const {
        switch (options_.format) {
            case Format::table:
            case Format::wide: return append_titles(out, layout_, options_.color);
            case Format::json:
            case Format::influx:
            case Format::otlp: return;
            case Format::csv: out += csv_names_; return;
        }
    }

    /// Appends one record. Whatever bytes are in it, the text is valid UTF-8 without control characters but
    /// for line ends and, where asked for, colours.
    void print(std::string& out, const Record& record) {
        switch (options_.format) {
            case Format::table:
            case Format::wide: {
                RowWriter row(out, cache_, layout_, options_.color);
                visit_columns(record, row);
                out += '\n';
                return;
            }
            case Format::json: return print_json(out, record);
            case Format::csv: {
                CsvWriter writer(out, cache_);
                visit_fields(record, writer);
                out += '\n';
                return;
            }
            case Format::influx: {
                InfluxWriter writer(out, cache_, influx_times_);
                visit_fields(record, writer);
                writer.end_line();
                return;
            }
            case Format::otlp:
                // Exchanges are ExchangePrinter's; of other records it cannot be asked for.
                if constexpr (requires { append_otlp(out, record); }) append_otlp(out, record);
                return;
        }
    }

  private:
    // Apart, or each line would pay for what the other formats need of the stack and of registers.
    [[gnu::noinline]] void print_json(std::string& out, const Record& record) {
        JsonWriter writer(out, cache_);
        visit_fields(record, writer);
        writer.end_line();
    }

    [[nodiscard]] Layout lay_out() const {
        return columns_.lay_out(options_.format == Format::wide ? Column::Shown::wide : Column::Shown::table, options_.width);
    }

    PrintOptions options_;
    ColumnList columns_;
    Layout layout_;
    std::string csv_names_;
    TextCache cache_;
    InfluxTimes influx_times_;
};

}  // namespace podsnoop
