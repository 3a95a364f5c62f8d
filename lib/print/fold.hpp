// Text folded between words.
#pragma once

#include <string_view>

namespace podsnoop {

/// Takes a line of at most `width` terminal columns, 2 or more, off the front of a text without controls: up to the last
/// word that fits, or as much of a longer word as fits. The blanks behind it go too.
std::string_view take_line(std::string_view& text, unsigned width);

}  // namespace podsnoop
