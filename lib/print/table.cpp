#include "print/table.hpp"

#include <algorithm>
#include <cstddef>

#include "event/fields_http.hpp"
#include "print/cell.hpp"
#include "print/escape.hpp"
#include "print/utf8.hpp"

namespace podsnoop {

namespace {

constexpr std::string_view dim = "\x1b[2m", plain = "\x1b[0m", detail_indent = "    ";

/// Visits a record's columns and appends one line.
class RowWriter {
  public:
    RowWriter(std::string& out, std::string& cell, TextCache& cache, const Layout& layout, bool color)
        : out_(out), cell_(cell), cache_(cache), layout_(layout), color_(color) {}

    template <class Value>
    void column(const Column&, const Value& value) {
        const Layout::Cell& place = layout_.cells[next_++];
        if (!place.shown) return;
        cell_.clear();
        const unsigned used = append_cell(cell_, cache_, value, layout_.limited ? place.width : no_limit);
        put(place, used, color_ ? color_of(value) : std::string_view{});
    }
    void title(const Layout::Cell& place) {
        ++next_;
        if (!place.shown) return;
        cell_.clear();
        put(place, append_cut(cell_, place.column.title, layout_.limited ? place.width : no_limit), {});
    }

  private:
    void put(const Layout::Cell& place, unsigned used, std::string_view color) {
        if (!first_) out_.append(layout_.gap, ' ');
        first_ = false;
        const unsigned padding = place.width > used ? place.width - used : 0;
        if (place.column.right) out_.append(padding, ' ');
        out_ += color;
        out_ += cell_;
        if (!color.empty()) out_ += plain;
        if (!place.column.right && next_ != layout_.count) out_.append(padding, ' ');
    }

    std::string &out_, &cell_;
    TextCache& cache_;
    const Layout& layout_;
    bool color_;
    bool first_ = true;
    std::size_t next_ = 0;  // the column after this one
};

/// Appends text without controls as lines that start with `prefix`, folded where the terminal ends.
void append_folded(std::string& out, std::string_view prefix, std::string_view text, unsigned width) {
    const auto before = static_cast<unsigned>(detail_indent.size() + prefix.size());
    const unsigned room = width == 0 ? no_limit : std::max(width, before + 2) - before;
    do {
        unsigned used = 0;
        std::size_t end = 0;
        while (end < text.size()) {
            const Character c = first_character(text.substr(end));
            const unsigned columns = c.valid ? width_of(c.code) : 1;
            if (used + columns > room) break;
            used += columns;
            end += c.length;
        }
        out += detail_indent;
        out += prefix;
        out += text.substr(0, end);
        out += '\n';
        text.remove_prefix(end);
    } while (!text.empty());
}

Layout layout_for(const PrintOptions& options) {
    ColumnList columns;
    visit_columns(Exchange{}, columns);
    return columns.lay_out(options.format == Format::wide ? Column::Shown::wide : Column::Shown::table,
                           options.width);
}

}  // namespace

TablePrinter::TablePrinter(const PrintOptions& options) : options_(options), layout_(layout_for(options)) {}

void TablePrinter::header(std::string& out) const {
    std::string cell;
    TextCache cache;
    if (options_.color) out += dim;
    RowWriter row(out, cell, cache, layout_, options_.color);
    for (std::size_t i = 0; i < layout_.count; ++i) row.title(layout_.cells[i]);
    if (options_.color) out += plain;
    out += '\n';
}

void TablePrinter::print(std::string& out, const Exchange& exchange) {
    RowWriter row(out, cell_, cache_, layout_, options_.color);
    visit_columns(exchange, row);
    out += '\n';
    append_details(out, "> ", exchange.request);
    append_details(out, "< ", exchange.response);
}

void TablePrinter::append_details(std::string& out, std::string_view prefix, const Message& message) {
    if (!message.seen) return;
    if (options_.headers) {
        for (const Header& header : message.headers) {
            cache_.escaped.clear();
            append_terminal_text(cache_.escaped, header.name);
            cache_.escaped += ": ";
            append_terminal_text(cache_.escaped, header.value);
            append_folded(out, prefix, cache_.escaped, options_.width);
        }
    }
    if (!options_.body) return;
    std::string_view rest = message.body_preview;
    while (!rest.empty()) {
        const std::size_t end = std::min(rest.find('\n'), rest.size());
        std::string_view line = rest.substr(0, end);
        rest.remove_prefix(std::min(end + 1, rest.size()));
        if (line.ends_with('\r')) line.remove_suffix(1);
        cache_.escaped.clear();
        append_terminal_text(cache_.escaped, line);
        append_folded(out, prefix, cache_.escaped, options_.width);
    }
}

}  // namespace podsnoop
