#include "print/fold.hpp"

#include <algorithm>

#include "print/utf8.hpp"

namespace podsnoop {

std::string_view take_line(std::string_view& text, unsigned width) {
    unsigned used = 0;
    std::size_t end = 0, word_end = 0;
    while (end < text.size()) {
        const Character c = first_character(text.substr(end));
        const unsigned columns = c.valid ? width_of(c.code) : 1;
        if (text[end] == ' ' && end != 0 && text[end - 1] != ' ') word_end = end;
        if (used + columns > width) break;
        used += columns;
        end += c.length;
    }
    if (end < text.size() && word_end != 0) end = word_end;
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end);
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
    return line;
}

}  // namespace podsnoop
