// From a head to the record: which of its fields are copied, and what is masked.
#pragma once

#include <string_view>
#include <vector>

#include "event/exchange.hpp"
#include "http/options.hpp"

namespace podsnoop {

/// Appends those of a head that were asked for.
void copy_headers(std::vector<Header>& headers, std::string_view head, const HttpOptions& options);

}  // namespace podsnoop
