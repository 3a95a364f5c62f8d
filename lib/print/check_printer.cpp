#include "print/check_printer.hpp"

#include <algorithm>

#include "print/cell.hpp"
#include "print/escape.hpp"
#include "print/fold.hpp"

namespace podsnoop {

namespace {

constexpr unsigned least_room = 8;

std::string shown(std::string_view text) {
    std::string escaped;
    append_terminal_text(escaped, text);
    return escaped;
}

}  // namespace

CheckPrinter::CheckPrinter(const PrintOptions& options)
    : table_(options.format == Format::table || options.format == Format::wide), printer_(options), room_(no_limit) {
    if (!table_) return;
    // Where the last column begins, only the layout knows: its cell is "-" where nothing is known.
    std::string blank;
    RecordPrinter<CheckRecord>({.format = options.format, .width = options.width}).print(blank, {});
    indent_ = blank.size() - 2;
    if (options.width != 0)
        room_ = std::max(options.width, static_cast<unsigned>(indent_) + least_room) - static_cast<unsigned>(indent_);
}

void CheckPrinter::continue_with(std::string& out, std::string_view text) const {
    while (!text.empty()) out.append(indent_, ' ').append(take_line(text, room_)) += '\n';
}

void CheckPrinter::print(std::string& out, const CheckRecord& check) {
    if (!table_) return printer_.print(out, check);
    const std::string detail = shown(check.detail);
    std::string_view rest = detail;
    CheckRecord row = check;
    row.detail = take_line(rest, room_);
    printer_.print(out, row);
    continue_with(out, rest);
    if (!check.hint.empty()) continue_with(out, "hint: " + shown(check.hint));
}

}  // namespace podsnoop
