#include "base/size.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>

#include "base/letters.hpp"

namespace podsnoop {

namespace {

struct Unit {
    std::string_view name;
    std::uint64_t bytes;
};

constexpr std::array units{Unit{"", 1},        Unit{"b", 1},          Unit{"k", 1 << 10},       Unit{"kib", 1 << 10},
                           Unit{"m", 1 << 20}, Unit{"mib", 1 << 20},  Unit{"g", 1 << 30},       Unit{"gib", 1 << 30},
                           Unit{"kb", 1'000},  Unit{"mb", 1'000'000}, Unit{"gb", 1'000'000'000}};

constexpr std::uint64_t largest = std::uint64_t{1} << 40;

}  // namespace

Result<std::size_t> parse_size(std::string_view text) {
    const auto wrong = [&](std::string why) {
        return fail("not a size", std::string(text), std::move(why), "write 65536, 512KiB, 32MiB or 100MB");
    };
    std::uint64_t number = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (code != std::errc{}) return wrong("it does not start with a number");
    std::string name(end, text.data() + text.size());
    std::ranges::transform(name, name.begin(), to_lower);
    const auto unit = std::ranges::find(units, name, &Unit::name);
    if (unit == units.end()) return wrong("its unit is none of K, M, G, KiB, MiB, GiB, KB, MB, GB");
    if (number > largest / unit->bytes) return wrong("it is too large");
    return static_cast<std::size_t>(number * unit->bytes);
}

}  // namespace podsnoop
