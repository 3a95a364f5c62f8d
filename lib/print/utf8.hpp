// UTF-8 as the writers need it: one character at a time out of bytes that may be anything, how wide a
// terminal shows it, and whether a terminal would act on it.
#pragma once

#include <string_view>

namespace podsnoop {

struct Character {
    char32_t code = 0;
    unsigned length = 1;  ///< bytes; of an invalid sequence, one
    bool valid = false;   ///< well-formed: not overlong, no surrogate, at most U+10FFFF (RFC 3629 3)
};

/// Whether each byte is a character of its own, as in most texts: below 0x80.
bool is_ascii(std::string_view text);

/// The first character of a text that is not empty.
Character first_character(std::string_view text);

/// Whether a terminal or an editor may act on it rather than show it: C0, DEL, C1, the line and paragraph
/// separators, and everything that has Unicode's Bidi_Control property.
bool is_control(char32_t code);

/// Terminal columns a character takes: 0, 1 or 2. An approximation that errs to the wide side, so that a line
/// cut by it does not wrap.
unsigned width_of(char32_t code);

/// Terminal columns of a text without controls; an invalid byte counts as one.
unsigned width_of(std::string_view text);

}  // namespace podsnoop
