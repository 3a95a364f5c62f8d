// The trace that a request says it belongs to: the header traceparent (W3C Trace Context 3.2).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace podsnoop {

struct TraceParent {
    std::string_view trace_id;  ///< 32 hex digits in lower case, not all 0
    std::string_view span_id;   ///< 16 of them: the span that sent the request
    std::uint8_t flags = 0;     ///< bit 0: sampled
};

/// Nothing where it is not valid, as the whole header then means nothing. A later version may have more behind what is read.
std::optional<TraceParent> parse_traceparent(std::string_view header);

}  // namespace podsnoop
