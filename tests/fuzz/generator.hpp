// Makes conversations that are valid HTTP/1.1, so that what must be told of them is known.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.hpp"

namespace podsnoop::fuzz {

/// What one side sends at once.
struct Write {
    bool by_server;
    std::string bytes;
};

/// An exchange as it was made. Its number stands in its target, "/7", and in both heads' X-Id.
struct Made {
    std::string method;
    std::uint16_t status;
    std::size_t request_body, response_body;  // bytes, after transfer decoding
};

struct GeneratedConversation {
    std::vector<Write> writes;
    std::vector<Made> exchanges;
};

/// The messages in bodies; they must never be told.
inline constexpr const char* smuggled_target = "/smuggled";
inline constexpr std::uint16_t smuggled_status = 299;

/// Reads its choices from `input`. `hard`: requests may be pipelined, and bodies may hold text that looks
/// like messages.
GeneratedConversation generate(Cursor& input, bool hard);

}  // namespace podsnoop::fuzz
