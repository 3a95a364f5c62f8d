// What the decoder learned of a connection that lets the capture copy less of it. Advice: a capture may
// ignore it, and forgetting it costs bytes in the ring, never an exchange.
#pragma once

#include <cstdint>
#include <limits>

#include "base/address.hpp"

namespace podsnoop {

struct FlowHint {
    enum class Kind : std::uint8_t {
        not_http,  ///< nothing from source to destination can be decoded, unless a message starts there again
        elsewhere, ///< nothing from source to destination is needed, whatever starts there
        body,      ///< `length` bytes from sequence number `from` on are body that nobody needs
        keep,      ///< forget what was said before: every byte from source to destination matters
    };
    static constexpr std::uint64_t until_fin = std::numeric_limits<std::uint64_t>::max();

    Kind kind = Kind::not_http;
    Endpoint source, destination;  ///< one direction
    std::uint32_t interface = 0;   ///< index into the source's list of interfaces
    std::uint32_t from = 0;        ///< for body
    std::uint64_t length = 0;      ///< for body, bytes; until_fin where only the FIN ends it
};

}  // namespace podsnoop
