#include "capture/file/input.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "node/reason.hpp"

namespace podsnoop {

namespace {

constexpr std::size_t buffer_size = 256 * 1024;  // fits a core's second-level cache, fills a pipe's 64 KiB

}  // namespace

Result<Input> Input::open(const std::string& path) {
    const bool standard_input = path == "-";
    std::string name = standard_input ? "standard input" : path;
    if (standard_input && isatty(STDIN_FILENO))
        return fail("cannot read capture", name, "it is a terminal", "pipe a capture into it: tcpdump -w - | podsnoop ...");
    Fd fd(standard_input ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0) : ::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    struct stat status{};
    if (!fd || fstat(fd.get(), &status) != 0) return fail("cannot open capture", name, reason_of(errno));
    if (S_ISDIR(status.st_mode)) return fail("cannot open capture", name, "it is a directory");
    return Input(std::move(fd), std::move(name), !S_ISREG(status.st_mode));
}

Input::Input(Fd fd, std::string name, bool waits)
    : fd_(std::move(fd)),
      name_(std::move(name)),
      waits_(waits),
      buffer_(std::make_unique_for_overwrite<std::byte[]>(buffer_size)),
      front_(buffer_.get()),
      capacity_(buffer_size) {}

std::unexpected<Error> Input::damaged(const std::string& what, std::uint64_t offset) const {
    const char* of = inflate_ ? " of the unpacked data" : "";
    return fail("damaged capture", name_, what + " at byte " + std::to_string(offset) + of);
}

Result<Input::Fill> Input::fill(std::size_t count) {
    while (!has(count)) {
        if (show_file(count)) continue;
        make_room(count);
        const Result<Fill> some = read_some();
        if (!some || *some != Fill::ready) return some;
    }
    return Fill::ready;
}

Result<Input::Fill> Input::fill_record(std::size_t count) {
    Result<Fill> filled = fill(count);
    if (filled == Fill::end && !window().empty()) return damaged("the file ends inside the record", offset());
    return filled;
}

/// Has the view show what is next, where the input is a plain file that has so much.
bool Input::show_file(std::size_t count) {
    if (waits_ || inflate_ || !told_kind_) return false;
    if (!view_) view_ = std::make_unique<FileView>();
    const Bytes shown = view_->show(fd_.get(), offset(), count);
    if (shown.empty()) return false;
    window_offset_ = offset();
    front_ = shown.data();
    head_ = 0;
    tail_ = shown.size();
    return true;
}

/// Moves the window to the buffer's front, so that a read fills the whole rest of it, and to a larger buffer
/// where `count` bytes need one.
void Input::make_room(std::size_t count) {
    const bool viewed = front_ != buffer_.get();
    if (head_ == 0 && capacity_ >= count && !viewed) return;
    const Bytes kept = window();
    if (const std::size_t needed = std::max(count, kept.size()); capacity_ < needed) {
        Buffer larger = std::make_unique_for_overwrite<std::byte[]>(needed);
        std::ranges::copy(kept, larger.get());
        buffer_ = std::move(larger);
        capacity_ = needed;
    } else {
        std::memmove(buffer_.get(), kept.data(), kept.size());
    }
    front_ = buffer_.get();
    window_offset_ += head_;
    if (viewed) ::lseek(fd_.get(), static_cast<off_t>(window_offset_ + kept.size()), SEEK_SET);
    tail_ = kept.size();
    head_ = 0;
}

/// Adds at least one byte to the window.
Result<Input::Fill> Input::read_some() {
    if (inflate_) return inflate_some();
    std::size_t count = 0;
    const Result<Fill> read = read_file(buffer_.get() + tail_, capacity_ - tail_, count);
    tail_ += count;
    if (!told_kind_ && tail_ >= 2) {
        told_kind_ = true;
        if (buffer_[0] == std::byte{0x1f} && buffer_[1] == std::byte{0x8b}) {  // RFC 1952 2.3.1
            start_inflating();
            return inflate_some();
        }
    }
    return read;
}

Result<Input::Fill> Input::read_file(std::byte* to, std::size_t room, std::size_t& count) {
    if (waits_) {
        pollfd waiting{.fd = fd_.get(), .events = POLLIN, .revents = 0};
        const int ready = poll(&waiting, 1, told_idle_ ? -1 : 0);
        if (ready < 0 && errno != EINTR) return fail("cannot read capture", name_, reason_of(errno));
        if (ready <= 0) {
            told_idle_ = true;
            return Fill::idle;
        }
        told_idle_ = false;
    }
    const ssize_t got = read(fd_.get(), to, room);
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) return Fill::idle;
    if (got < 0) return fail("cannot read capture", name_, reason_of(errno));
    count = static_cast<std::size_t>(got);
    return got == 0 ? Fill::end : Fill::ready;
}

/// What was read so far is compressed: its buffer becomes the decompressor's.
void Input::start_inflating() {
    inflate_.emplace();
    compressed_ = std::move(buffer_);
    compressed_rest_ = {compressed_.get(), tail_};
    compressed_offset_ = tail_;
    // A small count of bytes was asked for, so the buffer still has its first size.
    buffer_ = std::make_unique_for_overwrite<std::byte[]>(buffer_size);
    front_ = buffer_.get();
    capacity_ = buffer_size;
    tail_ = 0;
}

Result<Input::Fill> Input::inflate_some() {
    for (;;) {
        std::size_t written = 0;
        const auto outcome = inflate_->run(compressed_rest_, {buffer_.get() + tail_, capacity_ - tail_}, written);
        tail_ += written;
        if (written > 0) return Fill::ready;
        if (outcome == Inflate::Outcome::damaged)
            return fail("damaged capture", name_,
                        inflate_->complaint() + " in the gzip data at byte " +
                            std::to_string(compressed_offset_ - compressed_rest_.size()));
        std::size_t count = 0;
        const Result<Fill> read = read_file(compressed_.get(), buffer_size, count);
        if (!read || *read == Fill::idle) return read;
        if (*read == Fill::end && !inflate_->between_members())
            return fail("damaged capture", name_, "the gzip data ends early at byte " + std::to_string(compressed_offset_));
        if (*read == Fill::end) return read;
        compressed_rest_ = {compressed_.get(), count};
        compressed_offset_ += count;
    }
}

}  // namespace podsnoop
