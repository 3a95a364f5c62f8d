// A message's head: its start line and what its header section says about framing (RFC 9112).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/bytes.hpp"
#include "base/letters.hpp"
#include "http/start_line.hpp"

namespace podsnoop {

/// Finds the empty line that ends a head, fed piece by piece.
class HeadEnd {
  public:
    /// The number of bytes up to and with the end of the head, or nothing if `bytes` do not hold it.
    std::optional<std::size_t> find(Bytes bytes);

  private:
    bool line_has_content_ = true;  // a head does not begin with the line that ends it
};

/// What a head says of the length of its body (RFC 9112 6).
struct BodyHeaders {
    enum class Length : std::uint8_t { none, valid, invalid };
    enum class Coding : std::uint8_t { none, chunked_last, other };
    Length length = Length::none;  ///< invalid: no number, or several that differ
    Coding coding = Coding::none;  ///< Transfer-Encoding
    std::uint64_t content_length = 0;
};

/// A parsed head. Views are into the bytes it was parsed from.
struct Head {
    bool is_request = false;
    StartLineParts start;
    std::optional<std::string_view> host;   ///< Host, the first one
    BodyHeaders body;
    bool expects_continue = false;  ///< Expect: 100-continue
    std::string_view upgrade;       ///< Upgrade: the protocol to switch to (RFC 9110 7.8); empty if absent
    std::uint32_t identity = 0;     ///< heads with the same one are the same, byte for byte; 0: nothing is said of that
};

/// What bytes begin with.
struct HeadStart {
    StartLine start = StartLine::incomplete;
    std::size_t length = 0;  ///< of the head, with the empty line that ends it; 0 where the bytes do not hold its end
};

/// Reads a head in one pass. Where its start line is a request's or a status line, `head` is set; without the head's end, as
/// far as the bytes go. Lines may end in a bare LF (RFC 9112 2.2); folded lines (5.2) belong to their field.
HeadStart read_head(Bytes bytes, Head& head);

/// The same for a head that is all that there is, with its end or cut off. Nothing if its start line is neither a request's nor
/// a status line.
std::optional<Head> parse_head(Bytes bytes);

/// The same for a head that was cut off by the capture. Where even the request line is not whole, the method and as
/// much of the target as is there, if the method is one of RFC 9110's or PATCH: a token alone can be anything.
std::optional<Head> parse_cut_head(Bytes bytes);

/// Calls visit(name, value) for each field, the value without blanks around it. Lines that are no field are
/// passed over.
template <class Visit>
void for_each_field(std::string_view head, Visit visit);

/// How a message's body ends.
struct BodyFraming {
    enum class Kind : std::uint8_t { none, length, chunked, until_close, tunnel };
    Kind kind = Kind::none;
    std::uint64_t length = 0;
};

BodyFraming request_framing(const Head& head);
/// A response's framing depends on the method of the request it answers; empty where that is not known.
BodyFraming response_framing(const Head& head, std::string_view method);

template <class Visit>
void for_each_field(std::string_view head, Visit visit) {
    std::size_t line = head.find('\n');  // behind the start line
    while (line != std::string_view::npos && line + 1 < head.size()) {
        const std::size_t start = line + 1;
        std::size_t end = head.find('\n', start);
        // A line that starts with a blank goes on with the field before it.
        while (end != std::string_view::npos && end + 1 < head.size() && (head[end + 1] == ' ' || head[end + 1] == '\t'))
            end = head.find('\n', end + 1);
        const std::string_view text = head.substr(start, end == std::string_view::npos ? end : end - start);
        line = end;
        const std::size_t colon = text.find(':');
        if (colon == std::string_view::npos || colon == 0) continue;
        // Byte by byte: blanks are few, and a search by std::string_view is a call for each byte it looks at.
        visit(without_blanks_behind(text.substr(0, colon)), without_blanks_behind(without_blanks_before(text.substr(colon + 1))));
    }
}

}  // namespace podsnoop
