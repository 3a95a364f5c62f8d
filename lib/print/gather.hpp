// Short pieces appended to a string. Appending to a std::string is a call for each piece, and a record has a hundred of them;
// here a piece of known length is a copy into room that the string was given before.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>

namespace podsnoop {

/// The string is to be left alone as long as it is there, and has its length at the end of that.
class Gather {
  public:
    explicit Gather(std::string& out) : out_(out), used_(out.size()) { give_room(usual_room); }
    Gather(const Gather&) = delete;
    Gather& operator=(const Gather&) = delete;
    ~Gather() { out_.resize(used_); }

    [[gnu::always_inline]] void put(char c) {
        make_room(1);
        begin_[used_++] = c;
    }

    /// A piece whose length the compiler knows.
    template <std::size_t N>
    [[gnu::always_inline]] void put(const std::array<char, N>& piece) {
        make_room(N);
        std::memcpy(begin_ + used_, piece.data(), N);
        used_ += N;
    }

    void put(std::string_view text) {
        make_room(text.size());
        std::memcpy(begin_ + used_, text.data(), text.size());
        used_ += text.size();
    }

    /// `"key":"text",`, of a key that is quoted, with its colon, and a text that is safe.
    template <std::size_t N>
    [[gnu::always_inline]] void put_quoted(const std::array<char, N>& key, std::string_view text) {
        put_written(N + text.size() + 3, [&](char* to) {
            to = std::ranges::copy(key, to).out;
            *to++ = '"';
            std::memcpy(to, text.data(), text.size());
            to += text.size();
            to[0] = '"';
            to[1] = ',';
            return to + 2;
        });
    }

    /// What `write(to)` writes: at most `most` characters; it gives where they end.
    template <class Write>
    [[gnu::always_inline]] void put_written(std::size_t most, Write write) {
        make_room(most);
        used_ = static_cast<std::size_t>(write(begin_ + used_) - begin_);
    }

    /// The last character put, or of the string before the first.
    [[nodiscard]] char& last() { return begin_[used_ - 1]; }

  private:
    static constexpr std::size_t usual_room = 2048;  // more than most records take

    [[gnu::always_inline]] void make_room(std::size_t count) {
        if (size_ - used_ < count) [[unlikely]]
            give_room(std::max(count, usual_room));
    }
    [[gnu::noinline]] void give_room(std::size_t count) {
        out_.resize_and_overwrite(used_ + count, [](char*, std::size_t size) { return size; });
        begin_ = out_.data();
        size_ = out_.size();
    }

    std::string& out_;
    char* begin_ = nullptr;
    std::size_t used_, size_ = 0;  // how much of it was put, and may be
};

}  // namespace podsnoop
