// Cuts one direction's stream into messages: where each head and each body starts and ends. What a message
// means, and so how long a response is, the caller says.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "http/body.hpp"
#include "http/head.hpp"
#include "http/head_reader.hpp"

namespace podsnoop {

/// A head that came in pieces, kept within a limit.
struct PartialHead {
    std::string text;           ///< at most head_limit bytes
    HeadEnd end;
    bool cutting_line = false;  ///< the present line is too long, its rest is left out
    std::string cut_tail;       ///< the last bytes left out of a start line, where the version stands
};

class Framer {
  public:
    static constexpr std::size_t head_limit = 65536;  ///< bytes of a head that are kept

    enum class Event : std::uint8_t {
        more,         ///< framing, or part of a head: nothing to tell
        start,        ///< the first byte of a message comes next (empty lines before it were consumed), not its whole head
        head,         ///< a whole head: call begin_body()
        content,      ///< bytes of a body
        not_message,  ///< these bytes start no message; nothing was consumed
        broken,       ///< the body's framing is none
    };
    struct Step {
        Event event = Event::more;
        std::size_t consumed = 0;
        bool ended = false;  ///< and here the message ends
        Bytes bytes{};       ///< for head and content; valid until the next call, at most as long as the input
        bool started = false;  ///< for head: its first byte was the first of `bytes`, and was not told
    };
    /// Takes one step into non-empty bytes. With Event::head it is the last that `heads` read.
    Step step(Bytes bytes, HeadReader& heads);

    /// After Event::head. True: the message has no body and ended with its head.
    bool begin_body(BodyFraming framing);

    [[nodiscard]] bool between_messages() const { return state_ == State::between; }
    [[nodiscard]] bool in_head() const { return state_ == State::head; }
    [[nodiscard]] bool in_body() const { return state_ == State::body; }
    [[nodiscard]] const BodyFramer& body() const { return body_; }
    /// See BodyFramer. Only in a body.
    BodyFramer::Status skip_body(std::uint64_t count) { return body_.skip(count); }

    /// Length on the wire of the head being read, or last read.
    [[nodiscard]] std::uint64_t head_length() const { return head_length_; }
    [[nodiscard]] bool head_truncated() const { return head_truncated_; }
    /// What is there of a head that is not complete; empty if none.
    [[nodiscard]] Bytes unfinished_head() const { return partial_ ? as_bytes(partial_->text) : Bytes{}; }

    /// Forgets the message it is in: the next bytes start one.
    void restart();

    /// Bytes of memory that unfinished heads take, all framers together, is for the caller to bound.
    [[nodiscard]] std::size_t memory() const { return partial_ ? partial_->text.capacity() : 0; }

  private:
    enum class State : std::uint8_t { between, head, body };
    // Part of the one function that calls it for each message; a call would cost (tests/bench/README.md).
    [[gnu::always_inline]] Step start_step(Bytes bytes, HeadReader& heads);
    Step head_step(Bytes bytes, HeadReader& heads);
    void keep(std::string_view text);
    void cut_line(std::string_view& text);
    void make_room();

    State state_ = State::between;
    bool head_truncated_ = false;
    bool checked_start_line_ = false;
    std::uint64_t head_length_ = 0;
    BodyFramer body_;
    std::unique_ptr<PartialHead> partial_;
};

}  // namespace podsnoop
