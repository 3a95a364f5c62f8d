#include "print/utf8.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace podsnoop {

namespace {

struct Range {
    char32_t first, last;
};

// Marks that stand on the character before them, of the scripts seen in practice, and joiners without width.
constexpr std::array zero_width{
    Range{0x0300, 0x036f}, Range{0x0483, 0x0489}, Range{0x0591, 0x05bd}, Range{0x0610, 0x061a}, Range{0x064b, 0x065f},
    Range{0x06d6, 0x06dc}, Range{0x0e34, 0x0e3a}, Range{0x0e47, 0x0e4e}, Range{0x1ab0, 0x1aff}, Range{0x1dc0, 0x1dff},
    Range{0x200b, 0x200d}, Range{0x20d0, 0x20f0}, Range{0x302a, 0x302d}, Range{0x3099, 0x309a}, Range{0xfe00, 0xfe0f},
    Range{0xfe20, 0xfe2f}, Range{0xfeff, 0xfeff},
};

// East_Asian_Width W and F (UAX 11), blocks taken whole.
constexpr std::array double_width{
    Range{0x1100, 0x115f}, Range{0x231a, 0x231b},   Range{0x2329, 0x232a},   Range{0x23e9, 0x23f3},   Range{0x25fd, 0x25fe},
    Range{0x2600, 0x27bf}, Range{0x2b1b, 0x2b55},   Range{0x2e80, 0x303e},   Range{0x3041, 0xa4cf},   Range{0xa960, 0xa97f},
    Range{0xac00, 0xd7a3}, Range{0xf900, 0xfaff},   Range{0xfe10, 0xfe19},   Range{0xfe30, 0xfe6f},   Range{0xff01, 0xff60},
    Range{0xffe0, 0xffe6}, Range{0x16fe0, 0x18cff}, Range{0x1aff0, 0x1b2ff}, Range{0x1f000, 0x1faff}, Range{0x20000, 0x3fffd},
};

template <std::size_t N>
bool contains(const std::array<Range, N>& ranges, char32_t code) {
    const auto range = std::ranges::lower_bound(ranges, code, {}, &Range::last);
    return range != ranges.end() && range->first <= code;
}

}  // namespace

bool is_ascii(std::string_view text) {
    constexpr std::size_t width = sizeof(std::uint64_t);
    constexpr std::uint64_t high_bits = 0x8080808080808080;
    std::uint64_t seen = 0;
    for (; text.size() >= width; text.remove_prefix(width)) {
        std::uint64_t bytes = 0;
        std::memcpy(&bytes, text.data(), width);
        seen |= bytes;
    }
    for (const char c : text) seen |= static_cast<unsigned char>(c);
    return (seen & high_bits) == 0;
}

Character first_character(std::string_view text) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned lead = byte(0);
    if (lead < 0x80) return {lead, 1, true};
    const unsigned length = lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 0;
    const Character invalid{lead, 1, false};
    if (length == 0 || text.size() < length) return invalid;
    char32_t code = lead & (0x7fU >> length);
    for (unsigned i = 1; i < length; ++i) {
        if ((byte(i) & 0xc0U) != 0x80) return invalid;
        code = code << 6 | (byte(i) & 0x3fU);
    }
    const char32_t least = length == 2 ? 0x80 : length == 3 ? 0x800 : 0x10000;
    if (code < least || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return invalid;
    return {code, length, true};
}

bool is_control(char32_t code) {
    return code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0x061c || code == 0x200e || code == 0x200f ||
           (code >= 0x2028 && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
}

unsigned width_of(char32_t code) {
    if (code < 0x300) return 1;
    if (contains(zero_width, code)) return 0;
    return contains(double_width, code) ? 2 : 1;
}

unsigned width_of(std::string_view text) {
    if (is_ascii(text)) return static_cast<unsigned>(text.size());
    unsigned width = 0;
    while (!text.empty()) {
        const Character c = first_character(text);
        width += c.valid ? width_of(c.code) : 1;
        text.remove_prefix(c.length);
    }
    return width;
}

}  // namespace podsnoop
