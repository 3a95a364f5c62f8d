// Texts that are costly to make and the same as last time more often than not.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/time.hpp"
#include "event/fields.hpp"
#include "print/number.hpp"
#include "print/repeated_texts.hpp"

namespace podsnoop {

struct TextCache {
    std::string scratch, escaped, cell, path, fields;  ///< for text on its way elsewhere; their capacity is what is kept

    /// A text that was made of what has this identity, which is not 0; `make(text)` makes it.
    template <class Make>
    std::string_view repeated(Identified of, std::uint64_t identity, Make make) {
        switch (of) {
            case Identified::connection: return connections_.text_of(identity, make);
            case Identified::pod: return pods_.text_of(identity, make);
            case Identified::head: break;
        }
        return heads_.text_of(identity, make);
    }

    /// The time as RFC 3339 (append_rfc3339). Records come in order, so the date, hours, minutes and seconds
    /// are mostly those of the record before.
    std::string_view rfc3339(Time time) {
        if (time_.empty() || time < second_ || time - second_ >= std::chrono::seconds(1)) {
            time_.clear();
            append_rfc3339(time_, time);
            second_ = std::chrono::floor<std::chrono::seconds>(time);
        }
        char* digit = &time_[std::string_view("2026-11-22T07:43:59.").size()];
        const auto nanoseconds = static_cast<std::uint32_t>((time - second_).count());
        *digit++ = static_cast<char>('0' + nanoseconds / 100'000'000);
        // One by one: GCC 12 divides in a loop, by units that it reads from memory.
        digit = write_pair(digit, nanoseconds / 1'000'000 % 100);
        digit = write_pair(digit, nanoseconds / 10'000 % 100);
        digit = write_pair(digit, nanoseconds / 100 % 100);
        write_pair(digit, nanoseconds % 100);
        return time_;
    }

  private:
    // Of some 270 connections, 380 pods, and a thousand heads.
    RepeatedTexts connections_{128 << 10}, pods_{64 << 10}, heads_{64 << 10};
    Time second_{};
    std::string time_;
};

}  // namespace podsnoop
