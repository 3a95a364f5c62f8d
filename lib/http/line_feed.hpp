// Where lines end. Heads are made of short lines, of which a call of memchr() each is the greater part of their cost.
#pragma once

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include <bit>
#include <cstddef>
#include <string_view>

namespace podsnoop {

/// As text.find('\n', from).
inline std::size_t find_line_feed(std::string_view text, std::size_t from) {
#ifdef __SSE2__
    constexpr std::size_t width = 16;
    if (text.size() < width || from >= text.size()) return text.find('\n', from);
    const __m128i line_feeds = _mm_set1_epi8('\n');
    const auto at = [&](std::size_t place) {
        const auto bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text.data() + place));
        return static_cast<unsigned>(_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, line_feeds)));
    };
    std::size_t place = from;
    for (; place + width <= text.size(); place += width)
        if (const unsigned found = at(place); found != 0) return place + static_cast<std::size_t>(std::countr_zero(found));
    if (place == text.size()) return std::string_view::npos;
    // The last bytes, with some before them that do not count.
    const std::size_t last = text.size() - width;
    const unsigned found = at(last) >> (place - last);
    return found == 0 ? std::string_view::npos : place + static_cast<std::size_t>(std::countr_zero(found));
#else
    return text.find('\n', from);
#endif
}

}  // namespace podsnoop
