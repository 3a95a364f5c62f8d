// Bytes as a hostile or broken sender would make them of good ones.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/bytes.hpp"

namespace podsnoop {

/// Calls `read` with every beginning of some bytes, and with each of their bytes replaced by others. Each is
/// a buffer of its own, so that reading past its end is seen by AddressSanitizer.
template <class F>
void with_damage(Bytes good, F read) {
    for (std::size_t length = 0; length <= good.size(); ++length) {
        const std::vector<std::byte> cut(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(length));
        read(Bytes(cut));
    }
    for (std::size_t at = 0; at < good.size(); ++at)
        for (const unsigned value : {0x00U, 0x01U, 0x03U, 0x7fU, 0x80U, 0xffU}) {
            std::vector<std::byte> changed(good.begin(), good.end());
            changed[at] = static_cast<std::byte>(value);
            read(Bytes(changed));
        }
}

}  // namespace podsnoop
