// Numbers as programs and as people read them.
#pragma once

#include <array>
#include <charconv>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <type_traits>

namespace podsnoop {

inline constexpr std::size_t most_digits = std::numeric_limits<std::uint64_t>::digits10 + 1, longest_number = 1 + most_digits;

/// Writes a number's decimal digits, at most most_digits of them; gives where they end.
inline char* write_number(char* to, std::uint64_t number) {
    if (number >= 10'000) return std::to_chars(to, to + most_digits, number).ptr;
    // As most are: ports, lengths, statuses, microseconds.
    const auto digit = [](unsigned value) { return static_cast<char>('0' + value); };
    const auto low = static_cast<unsigned>(number);
    if (low >= 10) {
        if (low >= 100) {
            if (low >= 1000) *to++ = digit(low / 1000);
            *to++ = digit(low / 100 % 10);
        }
        *to++ = digit(low / 10 % 10);
    }
    *to = digit(low % 10);
    return to + 1;
}

/// The same of a number that may be below 0: at most longest_number characters.
inline char* write_number(char* to, std::int64_t number) {
    const auto bits = static_cast<std::uint64_t>(number);
    if (number >= 0) return write_number(to, bits);
    *to = '-';
    return write_number(to + 1, 0 - bits);  // the least number has no positive counterpart to negate to
}

template <std::integral Number>
void append_whole(std::string& out, Number number) {
    std::array<char, longest_number> text;
    using Longest = std::conditional_t<std::signed_integral<Number>, std::int64_t, std::uint64_t>;
    const char* const end = write_number(text.data(), Longest{number});
    out.append(text.data(), static_cast<std::size_t>(end - text.data()));
}

/// The shortest decimal number that reads back as this one, without an exponent: "12", "0.0625", "1.0202020202020203".
/// Fit for JSON and CSV. It has to be finite.
void append_number(std::string& out, double number);

/// Three digits of a number a second, in at most 7 columns: "0.05", "1.20", "12.3", "4321", "12.3k", "1.20M". Below
/// 0.01 it is "<0.01".
void append_rate(std::string& out, double rate);

}  // namespace podsnoop
