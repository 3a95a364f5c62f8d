// The parts of a request's target.
#pragma once

#include <string_view>

#include "event/exchange.hpp"

namespace podsnoop {

/// A target without the scheme and authority an absolute one begins with (RFC 9112 3.2). CONNECT's target is
/// only an authority and has no path.
std::string_view path_and_query(const Request& request);

/// As that, without the query.
std::string_view path_of(const Request& request);

}  // namespace podsnoop
