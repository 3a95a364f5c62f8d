// A trace of HTTP, for all commands that are about exchanges.
#pragma once

#include "base/result.hpp"
#include "event/exchange.hpp"
#include "http_settings.hpp"
#include "trace.hpp"

namespace podsnoop {

/// Traces until it is asked to end, the file ends, or the consumer has enough.
Result<void> trace_http(const HttpSettings& settings, const MakeConsumer<Exchange>& make_consumer);

}  // namespace podsnoop
