// Where a message's body ends, fed piece by piece (RFC 9112 6 and 7). The body itself is not kept.
#pragma once

#include <cstdint>

#include "base/bytes.hpp"
#include "http/head.hpp"

namespace podsnoop {

class BodyFramer {
  public:
    enum class Status : std::uint8_t {
        more,    ///< the body goes on
        done,    ///< it ended
        broken,  ///< chunked framing that is none
    };

    BodyFramer() = default;
    explicit BodyFramer(BodyFraming framing) : kind_(framing.kind), left_(framing.length) {}

    struct Step {
        Status status = Status::more;
        std::size_t consumed = 0;
        Bytes content;  ///< body after transfer decoding, within what was consumed
    };
    /// Takes one run from the front of non-empty bytes: content, or framing.
    Step step(Bytes bytes);

    /// How many of the next bytes are content whatever they are; UINT64_MAX until the connection ends.
    [[nodiscard]] std::uint64_t skippable() const;
    /// Goes on behind `count` bytes of content that were not seen, at most skippable().
    Status skip(std::uint64_t count);
    [[nodiscard]] bool ends_with_connection() const { return kind_ == BodyFraming::Kind::until_close; }

  private:
    // The parts of chunked framing (RFC 9112 7.1).
    enum class Chunk : std::uint8_t { size, extension, data, data_end, trailer_start, trailer, trailer_end };
    Step chunked(Bytes bytes);
    Status size_digit(unsigned char c);

    BodyFraming::Kind kind_ = BodyFraming::Kind::none;
    Chunk chunk_ = Chunk::size;
    bool has_digit_ = false;
    std::uint64_t left_ = 0;  // of the length, or of the chunk
};

}  // namespace podsnoop
