// Texts that are told again and again, each made once. Most of an exchange's JSON is who talked to whom and what was asked, the
// same as in the record before; making it would be most of the work.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace podsnoop {

/// Keeps the texts made last, by the identity of what they are about, one behind the other in memory that is taken at once: no
/// text is an allocation, and none takes more than it is long. The next one is written over the oldest.
class RepeatedTexts {
  public:
    /// `bytes`: of all texts, a power of two. A text that is longer than a part in 64 of it is not kept.
    explicit RepeatedTexts(std::size_t bytes) : bytes_(bytes) {}

    /// The text that `make(text)` makes, or made for this identity, which is not 0. Valid until the next call.
    template <class Make>
    std::string_view text_of(std::uint64_t identity, Make make) {
        if (places_.empty()) {
            places_.resize(count);
            memory_ = std::make_unique_for_overwrite<char[]>(bytes_);
        }
        Place& place = places_[identity % count];
        if (place.identity == identity && written_ - place.at <= bytes_) return {at(place.at), place.size};
        made_.clear();
        make(made_);
        keep(place, identity);
        return made_;
    }

  private:
    static constexpr std::size_t count = 1024;  // of places; a text has the one it can have

    struct Place {
        std::uint64_t identity = 0;  // 0: there is none
        std::uint64_t at : 48 = 0;   // of all that was written ever, the bytes before it
        std::uint64_t size : 16 = 0;
    };

    char* at(std::uint64_t position) { return &memory_[position & (bytes_ - 1)]; }
    void keep(Place& place, std::uint64_t identity) {
        const std::size_t size = made_.size();
        if (size > bytes_ / 64 || size > std::numeric_limits<std::uint16_t>::max()) return;
        // In one piece.
        if (const std::size_t left = bytes_ - (written_ & (bytes_ - 1)); left < size) written_ += left;
        std::memcpy(at(written_), made_.data(), size);
        place = {.identity = identity, .at = written_ & last, .size = static_cast<std::uint16_t>(size)};
        written_ += size;
    }

    static constexpr std::uint64_t last = (std::uint64_t{1} << 48) - 1;  // 280 TB are never written

    std::vector<Place> places_;
    std::unique_ptr<char[]> memory_;
    std::string made_;  // the last
    std::size_t bytes_;
    std::uint64_t written_ = 0;
};

}  // namespace podsnoop
