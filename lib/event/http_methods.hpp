// The methods that are counted apart. A client may send any word as its method, so whatever makes series of them
// takes these as they are and all others as one.
#pragma once

#include <algorithm>
#include <array>
#include <string_view>

namespace podsnoop {

/// RFC 9110 9.3 and RFC 5789: those that OpenTelemetry's semantic conventions know.
inline constexpr std::array<std::string_view, 9> http_methods{"CONNECT", "DELETE", "GET", "HEAD", "OPTIONS",
                                                              "PATCH",   "POST",   "PUT", "TRACE"};
/// What the conventions call any other one.
inline constexpr std::string_view other_method = "_OTHER";

inline bool is_common_method(std::string_view method) { return std::ranges::find(http_methods, method) != http_methods.end(); }

}  // namespace podsnoop
