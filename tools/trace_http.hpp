// podsnoop http, once its options are read: opens what it reads and writes, gives up privileges, and traces.
#pragma once

#include "base/result.hpp"
#include "http_settings.hpp"

namespace podsnoop {

/// Traces until something ends it. Records go to standard output, all else to standard error.
Result<void> trace_http(const HttpSettings& settings);

}  // namespace podsnoop
