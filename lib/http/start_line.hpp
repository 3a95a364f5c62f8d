// Does a stream hold HTTP/1.x here? Judged by the start line alone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/bytes.hpp"
#include "http/line_feeds.hpp"

namespace podsnoop {

enum class StartLine : std::uint8_t {
    request,     ///< a whole request line (RFC 9112 3)
    response,    ///< the beginning of a status line (RFC 9112 4): "HTTP/1.x nnn"
    incomplete,  ///< could become either when more bytes come
    neither,
};

/// What a start line says. Views are into the text it was read from.
struct StartLineParts {
    std::string_view method, target;  ///< of a request; all between the first blank and the last: some clients leave some in it
    std::uint16_t status = 0;  ///< of a response
    std::uint8_t version_minor = 1;
    std::size_t end = std::string_view::npos;  ///< the place of its line feed; npos where that is not there
};

/// Judges the first bytes of a would-be message. Any token is a method, but a request line counts only when
/// it ends in "HTTP/1.x". `parts` are set for a request and a response, whose line feed was taken from the text's.
StartLine read_start_line(std::string_view text, LineFeeds& line_feeds, StartLineParts& parts);
StartLine classify_start(Bytes bytes);

/// Whether it is one of the registered methods (RFC 9110 16.1.1). Where framing is lost, any other word in their
/// place may as well be the end of a body with the next request behind it: "xGET / HTTP/1.1".
bool is_registered_method(std::string_view method);

/// What a connection that is not HTTP/1.x speaks, by bytes that one side sent at once.
enum class OtherProtocol : std::uint8_t { tls, http2, unknown };
OtherProtocol identify_other(Bytes bytes);

}  // namespace podsnoop
