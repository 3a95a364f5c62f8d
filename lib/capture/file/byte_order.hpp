// Numbers in the byte order of the host that wrote a capture, at fixed offsets of a record whose size was
// checked.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "base/bytes.hpp"

namespace podsnoop {

class ByteOrder {
  public:
    explicit constexpr ByteOrder(std::endian order = std::endian::native) : swapped_(order != std::endian::native) {}

    [[nodiscard]] std::uint16_t u16(Bytes record, std::size_t at) const { return load<std::uint16_t>(record, at); }
    [[nodiscard]] std::uint32_t u32(Bytes record, std::size_t at) const { return load<std::uint32_t>(record, at); }
    [[nodiscard]] std::uint64_t u64(Bytes record, std::size_t at) const { return load<std::uint64_t>(record, at); }

  private:
    template <class T>
    [[nodiscard]] T load(Bytes record, std::size_t at) const {
        T value;
        std::memcpy(&value, record.subspan(at, sizeof value).data(), sizeof value);
        return swapped_ ? std::byteswap(value) : value;
    }

    bool swapped_;
};

}  // namespace podsnoop
