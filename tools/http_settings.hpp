// What the command line asks of a trace of HTTP.
#pragma once

#include "event/selection.hpp"
#include "http/options.hpp"
#include "reassemble/reassembler.hpp"
#include "trace_settings.hpp"

namespace podsnoop {

struct HttpSettings : TraceSettings {
    Selection selection;
    HttpOptions http;
    ReassemblyLimits reassembly;
};

}  // namespace podsnoop
