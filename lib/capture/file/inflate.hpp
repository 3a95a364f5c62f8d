// Decompression of a gzip stream that arrives in pieces.
#pragma once

#include <zlib.h>

#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "base/bytes.hpp"

namespace podsnoop {

/// Takes compressed bytes, gives plain ones. Several gzip members in a row are one stream (RFC 1952 2.2), and
/// zeroes after a member are padding, as tape blocks leave behind.
class Inflate {
  public:
    enum class Outcome { ok, damaged };

    Inflate();

    /// Fills `out` from `in` as far as both reach, and moves `in` past what was used. `written` is set in any
    /// case: what came before the damage is good.
    Outcome run(Bytes& in, std::span<std::byte> out, std::size_t& written);

    /// Whether the stream may end here: not inside a member.
    [[nodiscard]] bool between_members() const { return between_members_; }
    /// What zlib said of the damage.
    [[nodiscard]] std::string complaint() const;

  private:
    struct End {
        void operator()(z_stream* stream) const {
            inflateEnd(stream);
            delete stream;
        }
    };
    std::unique_ptr<z_stream, End> stream_;  // zlib keeps a pointer to it, so it must not move
    bool between_members_ = false;
    bool damaged_ = false;
};

}  // namespace podsnoop
