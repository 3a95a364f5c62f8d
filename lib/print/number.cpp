#include "print/number.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <iterator>

namespace podsnoop {

void append_number(std::string& out, double number) {
    std::array<char, 400> text{};  // the least double above 0 has 327 characters or so
    const auto end = std::to_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed).ptr;
    out.append(text.data(), end);
}

void append_rate(std::string& out, double rate) {
    constexpr std::array units{"", "k", "M", "G", "T", "P", "E"};
    if (rate > 0 && rate < 0.01) {
        out += "<0.01";
        return;
    }
    // Up to 9999 there is room for all digits.
    std::size_t unit = 0;
    if (rate >= 9999.5) {
        for (; rate >= 999.5 && unit + 1 < units.size(); ++unit) rate /= 1000;
    }
    const int decimals = rate < 9.995 ? 2 : rate < 99.95 ? 1 : 0;
    fmt::format_to(std::back_inserter(out), "{:.{}f}{}", rate, decimals, units[unit]);
}

}  // namespace podsnoop
