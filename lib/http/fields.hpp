// From a parsed head to the record: what is copied, and what is masked.
#pragma once

#include <string_view>

#include "event/exchange.hpp"
#include "http/head.hpp"
#include "http/options.hpp"

namespace podsnoop {

void copy_request(Request& request, const Head& head, std::string_view text, const HttpOptions& options);
void copy_response(Response& response, const Head& head, std::string_view text, const HttpOptions& options);

}  // namespace podsnoop
