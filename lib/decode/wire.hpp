// What the layers of the decoder hand each other: the rest of a packet, and loads at fixed offsets of a
// header whose size was checked once.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "base/bytes.hpp"

namespace podsnoop::wire {

/// The longest packet there is, bytes, where its IP header does not tell the length: GSO_MAX_SIZE (Linux 5.19,
/// 7c4e983c4f3c) and room for headers. A file may claim 4 GiB.
inline constexpr std::uint32_t longest_packet = 8 * 65535 + 1024;

/// A packet from some header on: the bytes that were captured and how many there were on the wire.
struct Rest {
    Bytes captured;
    std::uint32_t length = 0;  ///< on the wire; >= captured.size()

    /// Whether a header of `size` bytes was captured here.
    [[nodiscard]] bool has(std::size_t size) const noexcept { return captured.size() >= size; }

    /// Moves past a header; only after has(size).
    void skip(std::size_t size) noexcept {
        captured = captured.subspan(size);
        length -= static_cast<std::uint32_t>(size);
    }

    /// Ends the packet after `size` bytes: what follows is padding or a trailer.
    void end_after(std::uint32_t size) noexcept {
        length = std::min(length, size);
        captured = captured.first(std::min<std::size_t>(captured.size(), length));
    }
};

// Loads in network order. The caller has checked that the bytes are there.

inline std::uint8_t u8(Bytes header, std::size_t at) noexcept { return std::to_integer<std::uint8_t>(header[at]); }

inline std::uint16_t u16(Bytes header, std::size_t at) noexcept {
    return static_cast<std::uint16_t>(u8(header, at) << 8 | u8(header, at + 1));
}

inline std::uint32_t u32(Bytes header, std::size_t at) noexcept {
    return static_cast<std::uint32_t>(u16(header, at)) << 16 | u16(header, at + 2);
}

}  // namespace podsnoop::wire
