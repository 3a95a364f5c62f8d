#include "trace_http.hpp"

#include "http_stages.hpp"

namespace podsnoop {

Result<void> trace_http(const HttpSettings& settings, const MakeConsumer<Exchange>& make_consumer) {
    return trace<HttpStages>(settings, make_consumer);
}

}  // namespace podsnoop
