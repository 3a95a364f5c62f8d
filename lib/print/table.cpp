#include "print/table.hpp"

#include <algorithm>

#include "print/utf8.hpp"

namespace podsnoop {

namespace {

constexpr std::string_view dim = "\x1b[2m", plain = "\x1b[0m", detail_indent = "    ";

}  // namespace

void RowWriter::put(const Layout::Cell& place, unsigned used, std::string_view color) {
    const unsigned padding = place.width > used ? place.width - used : 0;
    out_.append(blanks_ + (place.column.right ? padding : 0), ' ');
    blanks_ = layout_.gap + (place.column.right ? 0 : padding);
    out_ += color;
    out_ += cache_.cell;
    if (!color.empty()) out_ += plain;
}

void append_titles(std::string& out, const Layout& layout, bool color) {
    if (color) out += dim;
    TextCache cache;
    RowWriter row(out, cache, layout, false);
    for (std::size_t i = 0; i < layout.count; ++i) {
        const Layout::Cell& place = layout.cells[i];
        ++row.next_;
        if (!place.shown) continue;
        cache.cell.clear();
        row.put(place, append_cut(cache.cell, place.column.title, layout.limited ? place.width : no_limit), {});
    }
    if (color) out += plain;
    out += '\n';
}

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

}  // namespace podsnoop
