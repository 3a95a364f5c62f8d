// What to keep of HTTP messages, and the limits.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/time.hpp"

namespace podsnoop {

struct HttpOptions {
    std::vector<std::string> headers;           ///< field names to keep, any case
    std::size_t body_preview = 0;               ///< bytes of each body to keep
    bool show_secrets = false;                  ///< else values that authenticate somebody are masked
    Nanoseconds timeout{60'000'000'000};        ///< without an answer for that long, a request is told
    std::size_t exchanges = 65536;              ///< under way at once, all connections together: one each
    std::size_t exchanges_per_connection = 1024;
    std::size_t exchange_text_bytes = 8 << 20;  ///< targets, hosts, fields and previews of those under way
    std::size_t partial_head_bytes = 4 << 20;   ///< heads that came in part, all connections together
};

}  // namespace podsnoop
