// Records as a table for people: aligned, cut to the terminal, coloured by how it went.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "event/columns.hpp"
#include "print/cell.hpp"
#include "print/escape.hpp"
#include "print/layout.hpp"
#include "print/text_cache.hpp"
#include "print/utf8.hpp"

namespace podsnoop {

/// Visits a record's columns (columns.hpp) and appends one line without its end.
class RowWriter {
  public:
    RowWriter(std::string& out, TextCache& cache, const Layout& layout, bool color)
        : out_(out), cache_(cache), layout_(layout), color_(color) {}

    template <class Value>
    void column(const Column&, const Value& value) {
        const Layout::Cell& place = layout_.cells[next_++];
        if (!place.shown) return;
        cache_.cell.clear();
        const unsigned used = append_cell(cache_.cell, cache_, value, layout_.limited ? place.width : no_limit);
        put(place, used, color_ ? color_of(value) : std::string_view{});
    }

  private:
    void put(const Layout::Cell& place, unsigned used, std::string_view color);
    friend void append_titles(std::string& out, const Layout& layout, bool color);

    std::string& out_;
    TextCache& cache_;
    const Layout& layout_;
    bool color_;
    unsigned blanks_ = 0;   // that go before the next cell; none behind the last
    std::size_t next_ = 0;  // the column after this one
};

/// Visits records' columns and keeps how wide the widest cell of each is.
class ColumnMeasure {
  public:
    explicit ColumnMeasure(TextCache& cache) : cache_(cache) {}

    template <class Value>
    void column(const Column& column, const Value& value) {
        cache_.cell.clear();
        const unsigned used = append_cell(cache_.cell, cache_, value, no_limit);
        unsigned& widest = needs_.at(next_++);
        widest = std::max({widest, used, width_of(column.title)});
    }
    void end_record() { next_ = 0; }
    [[nodiscard]] std::span<const unsigned> needs() const { return needs_; }

  private:
    TextCache& cache_;
    std::array<unsigned, most_columns> needs_{};
    std::size_t next_ = 0;  // the column after this one
};

/// Appends the line above the first record.
void append_titles(std::string& out, const Layout& layout, bool color);

/// Appends text without controls as lines that start with `prefix`, indented, and folded where a terminal of
/// `width` columns ends (0: nowhere). They stand below a record's row.
void append_folded(std::string& out, std::string_view prefix, std::string_view text, unsigned width);

}  // namespace podsnoop
