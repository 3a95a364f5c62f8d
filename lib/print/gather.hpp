// Short pieces gathered into a string. Appending to a std::string is a call for each piece, and a record has
// a hundred of them; here a piece of known length is a copy into a buffer that is appended when it is full.
#pragma once

#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <string_view>

namespace podsnoop {

class Gather {
  public:
    explicit Gather(std::string& out) : out_(out) {}
    Gather(const Gather&) = delete;
    Gather& operator=(const Gather&) = delete;
    ~Gather() { flush(); }

    [[gnu::always_inline]] void put(char c) {
        make_room(1);
        buffer_[used_++] = c;
    }

    /// A piece whose length the compiler knows.
    template <std::size_t N>
    [[gnu::always_inline]] void put(const std::array<char, N>& piece) {
        static_assert(N <= room);
        make_room(N);
        std::memcpy(&buffer_[used_], piece.data(), N);
        used_ += N;
    }

    void put(std::string_view text) {
        if (text.size() > room) {
            flush();
            out_ += text;
            return;
        }
        make_room(text.size());
        std::memcpy(&buffer_[used_], text.data(), text.size());
        used_ += text.size();
    }

    void put_between(char before, std::string_view text, char behind) {
        if (text.size() > room - 2) {
            put(before);
            put(text);
            put(behind);
            return;
        }
        make_room(text.size() + 2);
        buffer_[used_] = before;
        std::memcpy(&buffer_[used_ + 1], text.data(), text.size());
        used_ += text.size() + 2;
        buffer_[used_ - 1] = behind;
    }

    void put(std::uint64_t number) {
        constexpr auto digits = std::numeric_limits<std::uint64_t>::digits10 + 1;
        make_room(digits);
        char* to = &buffer_[used_];
        if (number < 10'000) {  // as most are: ports, lengths, statuses, microseconds
            const auto low = static_cast<unsigned>(number);
            if (low >= 1000) *to++ = digit(low / 1000);
            if (low >= 100) *to++ = digit(low / 100 % 10);
            if (low >= 10) *to++ = digit(low / 10 % 10);
            *to++ = digit(low % 10);
        } else {
            to = std::to_chars(to, to + digits, number).ptr;
        }
        used_ = static_cast<std::size_t>(to - buffer_.data());
    }

    /// What `write(to)` writes: at most `most` characters; it gives where they end.
    template <class Write>
    void put_written(std::size_t most, Write write) {
        make_room(most);
        used_ = static_cast<std::size_t>(write(&buffer_[used_]) - buffer_.data());
    }

    /// The last character put, or of the string before the first.
    [[nodiscard]] char& last() { return used_ != 0 ? buffer_[used_ - 1] : out_.back(); }

  private:
    static constexpr std::size_t room = 1024;

    static char digit(unsigned number) { return static_cast<char>('0' + number); }

    void make_room(std::size_t count) {
        if (room - used_ < count) flush();
    }
    void flush() {
        out_.append(buffer_.data(), used_);
        used_ = 0;
    }

    std::string& out_;
    std::size_t used_ = 0;
    std::array<char, room> buffer_;  // not initialised: what counts is the first `used_` bytes
};

}  // namespace podsnoop
