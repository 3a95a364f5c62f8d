#include "trace_http.hpp"

#include "capture/ring.hpp"
#include "http_stages.hpp"
#include "reassemble/reassembler.hpp"

namespace podsnoop {

// Of two interfaces' rings one can be handed over that much later: what is in it is not lost.
static_assert(ReassemblyLimits{}.acked_patience > retire_time);

Result<void> trace_http(const HttpSettings& settings, const MakeConsumer<Exchange>& make_consumer) {
    return trace<HttpStages>(settings, make_consumer);
}

}  // namespace podsnoop
