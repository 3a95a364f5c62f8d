#include "print/number.hpp"

#include <fmt/format.h>

#include <array>
#include <cstddef>
#include <iterator>

namespace podsnoop {

/// Not by std::to_chars(), whose tables are 0.2 MB, where fmt's are there already.
void append_number(std::string& out, double number) {
    const std::string shortest = fmt::format("{}", number);
    const std::size_t e = shortest.find('e');
    if (e == std::string::npos) {
        out += shortest;
        return;
    }
    // fmt writes an exponent below 1e-4 and from 1e16 on, where 17 digits have no fraction: "-1.25e-07".
    std::string digits = shortest.substr(0, e);
    if (std::erase(digits, '-') > 0) out += '-';
    std::erase(digits, '.');
    if (const int exponent = std::stoi(shortest.substr(e + 1)); exponent < 0) {
        out += "0." + std::string(static_cast<std::size_t>(-exponent) - 1, '0') + digits;
    } else {
        digits.resize(static_cast<std::size_t>(exponent) + 1, '0');
        out += digits;
    }
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
