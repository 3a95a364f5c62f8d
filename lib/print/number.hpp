// Numbers as programs and as people read them.
#pragma once

#include <array>
#include <charconv>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <type_traits>

namespace podsnoop {

inline constexpr std::size_t most_digits = std::numeric_limits<std::uint64_t>::digits10 + 1, longest_number = 1 + most_digits;

/// "00" to "99".
inline constexpr auto digit_pairs = [] {
    std::array<std::array<char, 2>, 100> pairs{};
    for (std::size_t i = 0; i < pairs.size(); ++i) pairs[i] = {static_cast<char>('0' + i / 10), static_cast<char>('0' + i % 10)};
    return pairs;
}();

/// Writes two digits of a number below 100; gives where they end.
inline char* write_pair(char* to, std::uint32_t number) {
    std::memcpy(to, digit_pairs[number].data(), 2);
    return to + 2;
}

/// Writes a number's decimal digits, at most most_digits of them; gives where they end.
inline char* write_number(char* to, std::uint64_t number) {
    if (number >= 10'000) return std::to_chars(to, to + most_digits, number).ptr;
    // As most are: ports, lengths, statuses, microseconds.
    const auto low = static_cast<std::uint32_t>(number);
    const auto write_first = [&](std::uint32_t pair) {
        if (pair >= 10) return write_pair(to, pair);
        *to = static_cast<char>('0' + pair);
        return to + 1;
    };
    return low < 100 ? write_first(low) : write_pair(write_first(low / 100), low % 100);
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
