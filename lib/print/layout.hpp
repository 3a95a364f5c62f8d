// Which columns a table has on a terminal of some width, and how wide they are.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "event/columns.hpp"

namespace podsnoop {

inline constexpr std::size_t most_columns = 24;

struct Layout {
    struct Cell {
        Column column;
        bool shown = false;
        unsigned width = 0;
    };
    std::array<Cell, most_columns> cells;
    std::size_t count = 0;  ///< how many of `cells` there are
    unsigned gap = 1;       ///< blanks between columns
    bool limited = false;  ///< whether cells are cut to their width; else wider ones push the rest to the right
};

/// Collects a record's columns by visiting them.
class ColumnList {
  public:
    template <class Value>
    void column(const Column& column, const Value&) {
        layout_.cells.at(layout_.count++).column = column;
    }
    /// Lets each take what it needs, instead of what such a column mostly has: the widest cell of each, its title too.
    void fit(std::span<const unsigned> needs);
    /// Lays them out for a terminal of `width` columns; 0 means no limit.
    [[nodiscard]] Layout lay_out(Column::Shown shown, unsigned width) const;

  private:
    Layout layout_;
    bool fitted_ = false;
};

}  // namespace podsnoop
