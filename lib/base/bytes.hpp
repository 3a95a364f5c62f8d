// Bytes from the network or a file, and the one cursor that reads them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

namespace podsnoop {

using Bytes = std::span<const std::byte>;

/// The bytes of a text, as a view.
inline Bytes as_bytes(std::string_view text) { return std::as_bytes(std::span(text.data(), text.size())); }

/// The text of some bytes, as a view. Nothing is checked: it may hold any byte.
inline std::string_view as_text(Bytes bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

/// Reads numbers and runs of bytes from the front of a span. A read past the end gives zeroes (or an empty
/// span), consumes what was left, and makes `ok()` false from then on: check once, after the last read.
class Cursor {
  public:
    explicit Cursor(Bytes bytes) noexcept : rest_(bytes) {}

    [[nodiscard]] bool ok() const noexcept { return ok_; }
    [[nodiscard]] std::size_t remaining() const noexcept { return rest_.size(); }
    [[nodiscard]] Bytes rest() const noexcept { return rest_; }

    std::uint8_t u8() noexcept { return static_cast<std::uint8_t>(big_endian(1)); }
    std::uint16_t u16be() noexcept { return static_cast<std::uint16_t>(big_endian(2)); }
    std::uint32_t u32be() noexcept { return static_cast<std::uint32_t>(big_endian(4)); }
    std::uint64_t u64be() noexcept { return big_endian(8); }
    std::uint16_t u16le() noexcept { return static_cast<std::uint16_t>(little_endian(2)); }
    std::uint32_t u32le() noexcept { return static_cast<std::uint32_t>(little_endian(4)); }
    std::uint64_t u64le() noexcept { return little_endian(8); }

    Bytes take(std::size_t count) noexcept {
        if (count > rest_.size()) {
            ok_ = false;
            rest_ = {};
            return {};
        }
        const Bytes taken = rest_.first(count);
        rest_ = rest_.subspan(count);
        return taken;
    }
    void skip(std::size_t count) noexcept { take(count); }

  private:
    std::uint64_t big_endian(std::size_t count) noexcept {
        std::uint64_t value = 0;
        for (std::byte b : take(count)) value = value << 8 | std::to_integer<std::uint64_t>(b);
        return value;
    }
    std::uint64_t little_endian(std::size_t count) noexcept {
        std::uint64_t value = 0;
        unsigned shift = 0;
        for (std::byte b : take(count)) {
            value |= std::to_integer<std::uint64_t>(b) << shift;
            shift += 8;
        }
        return value;
    }

    Bytes rest_;
    bool ok_ = true;
};

}  // namespace podsnoop
