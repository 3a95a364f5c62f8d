// Where lines end. Heads are made of short lines, of which a call of memchr() each is the greater part of their cost.
#pragma once

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace podsnoop {

/// Gives the places of a text's line feeds, one after the other. The text must stay.
class LineFeeds {
  public:
    static constexpr std::size_t none = std::string_view::npos;

    explicit LineFeeds(std::string_view text) noexcept : text_(text) {}

    /// Of the next one; `none` where there are no more.
    std::size_t next() noexcept {
#ifdef __SSE2__
        while (found_ == 0) {
            if (looked_ == text_.size()) return none;
            look();
        }
        const std::size_t place = block_ + static_cast<std::size_t>(std::countr_zero(found_));
        found_ &= found_ - 1;
        return place;
#else
        const std::size_t place = text_.find('\n', looked_);
        looked_ = place == none ? text_.size() : place + 1;
        return place;
#endif
    }

  private:
#ifdef __SSE2__
    static constexpr std::size_t width = 16, widths = 4;  // bytes looked at by one instruction; a bit for each in found_

    /// Sets found_ for the next block, of which it needs at least one byte.
    void look() noexcept {
        block_ = looked_;
        const std::size_t left = text_.size() - looked_;
        if (left >= widths * width) {
            std::uint64_t found = 0;
            for (std::size_t i = 0; i < widths; ++i) found |= line_feeds_at(block_ + i * width) << (i * width);
            found_ = found;
            looked_ += widths * width;
        } else if (left >= width) {
            found_ = line_feeds_at(block_);
            looked_ += width;
        } else if (text_.size() >= width) {
            // The last bytes, with some before them that do not count.
            const std::size_t again = width - left;
            found_ = line_feeds_at(block_ - again) >> again;
            looked_ = text_.size();
        } else {
            for (std::size_t i = 0; i < left; ++i) found_ |= std::uint64_t{text_[block_ + i] == '\n'} << i;
            looked_ = text_.size();
        }
    }
    [[nodiscard]] std::uint64_t line_feeds_at(std::size_t place) const noexcept {
        const auto bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text_.data() + place));
        return static_cast<unsigned>(_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('\n'))));
    }

    std::size_t block_ = 0;    // the text's byte that found_ begins with
    std::uint64_t found_ = 0;  // line feeds of the block that were not given yet
#endif
    std::string_view text_;
    std::size_t looked_ = 0;  // how much of the text was looked at
};

}  // namespace podsnoop
