// Does a stream hold HTTP/1.x here? Judged by the start line alone.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/bytes.hpp"

namespace podsnoop {

enum class StartLine : std::uint8_t {
    request,     ///< a whole request line (RFC 9112 3)
    response,    ///< the beginning of a status line (RFC 9112 4): "HTTP/1.x nnn"
    incomplete,  ///< could become either when more bytes come
    neither,
};

/// Judges the first bytes of a would-be message. Any token is a method, but a request line counts only when
/// it ends in "HTTP/1.x".
StartLine classify_start(Bytes bytes);

/// Whether a request's start, up to a blank, is a method of RFC 9110 9.3 or PATCH. What is left of a method whose first bytes were lost
/// is a token too, so where a gap came before, only these are sure to be whole.
bool has_common_method(std::string_view request);

/// What a connection that is not HTTP/1.x speaks, by the first bytes its client sent.
enum class OtherProtocol : std::uint8_t { tls, http2, unknown };
OtherProtocol identify_other(Bytes bytes);

/// Whether a byte may stand in a token (RFC 9110 5.6.2), which methods and field names are.
bool is_token_char(unsigned char c);

}  // namespace podsnoop
