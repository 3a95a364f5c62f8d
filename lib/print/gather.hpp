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

/// Copies a piece whose length the compiler knows, in as few moves as that takes; gives where it ends.
template <std::size_t N>
[[gnu::always_inline]] inline char* copy_piece(char* to, const std::array<char, N>& piece) {
    if constexpr (N != 0) std::memcpy(to, piece.data(), N);  // an array of none has no data
    return to + N;
}

/// The string is to be left alone as long as it is there, and has its length at the end of that.
class Gather {
  public:
    explicit Gather(std::string& out) : out_(out), end_(out.data() + out.size()), limit_(end_) { give_room(usual_room); }
    Gather(const Gather&) = delete;
    Gather& operator=(const Gather&) = delete;
    ~Gather() { out_.resize(used()); }

    [[gnu::always_inline]] void put(char c) {
        make_room(1);
        *end_++ = c;
    }

    /// A piece whose length the compiler knows.
    template <std::size_t N>
    [[gnu::always_inline]] void put(const std::array<char, N>& piece) {
        make_room(N);
        end_ = copy_piece(end_, piece);
    }

    void put(std::string_view text) {
        make_room(text.size());
        std::memcpy(end_, text.data(), text.size());
        end_ += text.size();
    }

    /// `"key":"text",`, of a key that is quoted, with its colon, and a text that is safe.
    template <std::size_t N>
    [[gnu::always_inline]] void put_quoted(const std::array<char, N>& key, std::string_view text) {
        put_written(N + text.size() + 3, [&](char* to) {
            to = copy_piece(to, key);
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
        end_ = write(end_);
    }

    /// The last character put, or of the string before the first.
    [[nodiscard]] char& last() { return end_[-1]; }

  private:
    static constexpr std::size_t usual_room = 2048;  // more than most records take

    [[gnu::always_inline]] void make_room(std::size_t count) {
        if (static_cast<std::size_t>(limit_ - end_) < count) [[unlikely]]
            give_room(std::max(count, usual_room));
    }
    [[gnu::noinline]] void give_room(std::size_t count) {
        const std::size_t put = used();
        out_.resize_and_overwrite(put + count, [](char*, std::size_t size) { return size; });
        end_ = out_.data() + put;
        limit_ = end_ + count;
    }
    [[nodiscard]] std::size_t used() const { return static_cast<std::size_t>(end_ - out_.data()); }

    std::string& out_;
    char *end_, *limit_;  // of what was put, and of its room
};

}  // namespace podsnoop
