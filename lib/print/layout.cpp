#include "print/layout.hpp"

#include <algorithm>
#include <span>

namespace podsnoop {

namespace {

// From these widths on there are two blanks between columns.
constexpr unsigned roomy_for_table = 100, roomy_for_wide = 200;
constexpr unsigned last_before_growth = 20;  // what the last column takes before others grow

void show_all(std::span<Layout::Cell> cells, Column::Shown shown) {
    for (Layout::Cell& cell : cells) {
        cell.shown = cell.column.shown <= shown;
        cell.width = cell.column.typical;
    }
}

/// Shows columns by rank where they fit, and returns what is left for the last one.
unsigned show_what_fits(std::span<Layout::Cell> cells, Column::Shown shown, unsigned width, unsigned gap) {
    unsigned rest = width;
    for (unsigned rank = 0; rank < cells.size(); ++rank) {
        const auto cell = std::ranges::find(cells, rank, [](const Layout::Cell& c) { return c.column.rank; });
        if (cell == cells.end()) break;
        if (cell->column.shown > shown) continue;
        if (rank == 0) {
            cell->shown = true;
            continue;
        }
        const unsigned needs = cell->column.least + gap;
        if (needs + std::max(cell->column.leaves, 1U) > rest) continue;
        cell->shown = true;
        cell->width = cell->column.least;
        rest -= needs;
    }
    return rest;
}

/// Gives columns `spare` of the `rest` that is left for the last one, in turn: first up to their typical width. Returns
/// what is still left.
unsigned grow(std::span<Layout::Cell> cells, unsigned rest, unsigned spare) {
    for (auto goal : {&Column::typical, &Column::most}) {
        for (bool grown = true; grown;) {
            grown = false;
            for (Layout::Cell& cell : cells.first(cells.size() - 1)) {
                const unsigned step = cell.column.step;
                if (!cell.shown || step > spare || cell.width + step > cell.column.*goal) continue;
                cell.width += step;
                spare -= step;
                rest -= step;
                grown = true;
            }
        }
    }
    return rest;
}

}  // namespace

void ColumnList::fit(std::span<const unsigned> needs) {
    fitted_ = true;
    for (std::size_t i = 0; i < layout_.count && i < needs.size(); ++i) {
        Column& column = layout_.cells[i].column;
        column.least = std::min(column.least, needs[i]);
        column.typical = column.most = needs[i];
        column.step = 1;
    }
}

Layout ColumnList::lay_out(Column::Shown shown, unsigned width) const {
    Layout layout = layout_;
    const auto cells = std::span(layout.cells).first(layout.count);
    layout.limited = width != 0;
    const unsigned roomy = shown == Column::Shown::wide ? roomy_for_wide : roomy_for_table;
    layout.gap = layout.limited && width < roomy ? 1 : 2;
    if (!layout.limited) {
        show_all(cells, shown);
        return layout;
    }
    const unsigned rest = show_what_fits(cells, shown, width, layout.gap);
    const unsigned keeps = std::min(last_before_growth, fitted_ ? cells.back().column.typical : last_before_growth);
    const unsigned more = rest > keeps ? rest - keeps : 0;
    // What the last one needs is known only where it was measured; it is mostly the one that needs the most.
    cells.back().width = grow(cells, rest, fitted_ ? more : more / 2);
    return layout;
}

}  // namespace podsnoop
