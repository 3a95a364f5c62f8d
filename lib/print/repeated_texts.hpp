// Texts that are told again and again, each made once. Most of an exchange's JSON is who talked to whom and what was asked, the
// same as in the record before; making it would be most of the work.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace podsnoop {

/// Keeps some texts by the identity of what they are about, each in the one place that it can have, in memory that is taken at
/// once: no text is an allocation.
class RepeatedTexts {
  public:
    /// `room`: bytes of a text; a longer one is not kept.
    explicit RepeatedTexts(std::size_t room) : room_(room) {}

    /// The text that `make(text)` makes, or made for this identity, which is not 0. Valid until the next call.
    template <class Make>
    std::string_view text_of(std::uint64_t identity, Make make) {
        if (places_.empty()) {
            places_.resize(count);
            memory_ = std::make_unique_for_overwrite<char[]>(count * room_);
        }
        const std::size_t number = identity % count;
        Place& place = places_[number];
        char* const text = &memory_[number * room_];
        if (place.identity == identity) return {text, place.size};
        made_.clear();
        make(made_);
        if (made_.size() > room_) return made_;
        std::memcpy(text, made_.data(), made_.size());
        place = {identity, made_.size()};
        return made_;
    }

  private:
    static constexpr std::size_t count = 1024;  // of places

    struct Place {
        std::uint64_t identity = 0;  // 0: there is none
        std::size_t size = 0;
    };
    std::vector<Place> places_;
    std::unique_ptr<char[]> memory_;  // of all places
    std::string made_;                // the last
    std::size_t room_;
};

}  // namespace podsnoop
