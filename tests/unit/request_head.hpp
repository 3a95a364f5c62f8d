// A request's head as it is after reading.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "http/head.hpp"

namespace podsnoop::test {

inline Head request_head(std::string_view method, std::string_view target, std::optional<std::string_view> host,
                         std::uint32_t identity = 0) {
    Head head;
    head.is_request = true;
    head.start.method = method;
    head.start.target = target;
    head.host = host;
    head.identity = identity;
    return head;
}

}  // namespace podsnoop::test
