// What the command line asks of podsnoop tcp.
#pragma once

#include "event/selection.hpp"
#include "tcp/limits.hpp"
#include "trace_settings.hpp"

namespace podsnoop {

struct TcpSettings : TraceSettings {
    TcpSelection selection;
    TcpLimits limits;
    bool open = false;  ///< tell connections at their start too
};

}  // namespace podsnoop
