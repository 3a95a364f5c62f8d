// The bytes of a capture file, in order and in large pieces: from a file, a pipe or standard input, plain or
// gzip.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/bytes.hpp"
#include "base/fd.hpp"
#include "base/result.hpp"
#include "capture/file/file_view.hpp"
#include "capture/file/inflate.hpp"

namespace podsnoop {

/// A window that moves over the input. What a parser reads it asks for first, all of a record at once, and
/// then gets as a view into the one buffer, or into the file itself: packets are never copied.
class Input {
  public:
    enum class Fill : std::uint8_t {
        ready,  ///< the bytes asked for are there
        idle,   ///< they are not, and reading would have to wait; the next call will
        end,    ///< the input ends before them
    };

    /// Opens a file, or standard input for "-". Reads nothing yet.
    static Result<Input> open(const std::string& path);

    /// Whether that many bytes are in the window.
    [[nodiscard]] bool has(std::size_t count) const noexcept { return tail_ - head_ >= count; }
    /// Reads until that many bytes are in the window. May move the window: earlier views are gone.
    /// Interrupted by a signal it is idle. The count is the caller's to bound; the buffer grows to it.
    Result<Fill> fill(std::size_t count);
    /// The same for `count` bytes of a record that starts at the window's front: an end inside it is damage.
    Result<Fill> fill_record(std::size_t count);
    /// Whether the file became shorter than what the window showed of it: bytes there are zeros.
    [[nodiscard]] bool is_cut() const noexcept { return view_ && view_->is_cut(); }
    /// What is in the window; a record that fill() made ready is at its front.
    [[nodiscard]] Bytes window() const noexcept { return {front_ + head_, tail_ - head_}; }
    /// Moves past bytes of the window. Views of them stay valid until fill().
    void consume(std::size_t count) noexcept { head_ += count; }

    /// How many bytes were consumed, of the plain data.
    [[nodiscard]] std::uint64_t offset() const noexcept { return window_offset_ + head_; }
    /// An error of this input: "damaged capture: NAME: WHAT at byte OFFSET".
    [[nodiscard]] std::unexpected<Error> damaged(const std::string& what, std::uint64_t offset) const;
    [[nodiscard]] const std::string& name() const noexcept { return name_; }
    /// Whether reading may have to wait: pipes, terminals, sockets.
    [[nodiscard]] bool waits() const noexcept { return waits_; }
    [[nodiscard]] int fd() const noexcept { return fd_.get(); }

  private:
    using Buffer = std::unique_ptr<std::byte[]>;

    Input(Fd fd, std::string name, bool waits);
    void make_room(std::size_t count);
    Result<Fill> read_some();
    bool show_file(std::size_t count);
    Result<Fill> read_file(std::byte* to, std::size_t room, std::size_t& count);
    Result<Fill> inflate_some();
    void start_inflating();

    Fd fd_;
    std::string name_;
    bool waits_ = false;
    bool told_idle_ = false;  // the caller knows that nothing is waiting
    bool told_kind_ = false;  // plain and gzip have been told apart

    Buffer buffer_;
    std::unique_ptr<FileView> view_;  // of a plain file, once its first bytes were read
    const std::byte* front_;          // of the buffer, or of what the view shows
    std::size_t capacity_, head_ = 0, tail_ = 0;
    std::uint64_t window_offset_ = 0;  // of the first byte there, in the plain data

    std::optional<Inflate> inflate_;  // where the input is gzip
    Buffer compressed_;
    Bytes compressed_rest_;                // not inflated yet
    std::uint64_t compressed_offset_ = 0;  // of the end of compressed_rest_ in the file
};

}  // namespace podsnoop
