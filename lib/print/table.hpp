// Records as a table for people: aligned, cut to the terminal, coloured by how it went.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "event/columns.hpp"
#include "print/cell.hpp"
#include "print/escape.hpp"
#include "print/layout.hpp"
#include "print/text_cache.hpp"

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
        const unsigned used =
            append_cell(cache_.cell, cache_, value, layout_.limited ? place.width : no_limit);
        put(place, used, color_ ? color_of(value) : std::string_view{});
    }

  private:
    void put(const Layout::Cell& place, unsigned used, std::string_view color);
    friend void append_titles(std::string& out, const Layout& layout, bool color);

    std::string& out_;
    TextCache& cache_;
    const Layout& layout_;
    bool color_;
    bool first_ = true;
    std::size_t next_ = 0;  // the column after this one
};

/// Appends the line above the first record.
void append_titles(std::string& out, const Layout& layout, bool color);

/// Appends text without controls as lines that start with `prefix`, indented, and folded where a terminal of
/// `width` columns ends (0: nowhere). They stand below a record's row.
void append_folded(std::string& out, std::string_view prefix, std::string_view text, unsigned width);

}  // namespace podsnoop
