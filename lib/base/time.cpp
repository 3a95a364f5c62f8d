#include "base/time.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>
#include <iterator>

#include "base/letters.hpp"

namespace podsnoop {

namespace {

struct Unit {
    std::string_view name;
    double nanoseconds;
};

constexpr std::array units{Unit{"ns", 1}, Unit{"us", 1e3}, Unit{"ms", 1e6}, Unit{"s", 1e9}, Unit{"m", 60e9}, Unit{"h", 3600e9}};

constexpr double longest_ns = 4611686018427387904.0;  // 2^62: leaves room for sums

}  // namespace

Result<Nanoseconds> parse_duration(std::string_view text) {
    const auto wrong = [&](std::string why) {
        return fail("not a duration", std::string(text), std::move(why), "write 250us, 10ms, 1.5s or 2m");
    };
    if (text == "0") return Nanoseconds{0};
    if (text.empty() || (text.front() != '.' && !is_digit(text.front()))) return wrong("it does not start with a number");
    double number = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
    if (code != std::errc{}) return wrong("it does not start with a number");
    const std::string_view name = text.substr(static_cast<std::size_t>(end - text.data()));
    for (const Unit& unit : units) {
        if (unit.name != name) continue;
        const double value = number * unit.nanoseconds;
        if (value >= longest_ns) return wrong("it is too long");
        return Nanoseconds{std::llround(value)};
    }
    return wrong(name.empty() ? "it has no unit" : "its unit is none of ns, us, ms, s, m, h");
}

void append_duration(std::string& out, Nanoseconds value) {
    const std::int64_t ns = value.count();
    auto to = std::back_inserter(out);
    const auto scaled = [&](double number, std::string_view unit) {
        // 9.995 would round up to four digits, so the borders are where the rounding happens.
        const int decimals = number < 9.995 ? 2 : number < 99.95 ? 1 : 0;
        fmt::format_to(to, "{:.{}f}{}", number, decimals, unit);
    };
    const auto number = static_cast<double>(ns);
    if (ns < 1000) fmt::format_to(to, "{}ns", ns);
    else if (ns < 999'500) fmt::format_to(to, "{}us", (ns + 500) / 1000);
    else if (number < 999.5e6) scaled(number / 1e6, "ms");
    else if (number < 99.95e9) scaled(number / 1e9, "s");
    else if (number < 5997e9) scaled(number / 60e9, "m");
    else scaled(number / 3600e9, "h");
}

void append_rfc3339(std::string& out, Time time) {
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date{day};
    const std::chrono::hh_mm_ss clock{time - day};
    fmt::format_to(std::back_inserter(out), "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:09}Z", static_cast<int>(date.year()),
                   static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), clock.hours().count(),
                   clock.minutes().count(), clock.seconds().count(), clock.subseconds().count());
}

}  // namespace podsnoop
