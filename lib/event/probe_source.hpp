// What told of a kernel event: the better the mechanism, the more of the event is known.
#pragma once

#include <cstdint>
#include <string_view>

namespace podsnoop {

enum class ProbeSource : std::uint8_t {
    kprobe,
    fentry,
    tracepoint,
    kmsg,     ///< the kernel's log
    netstat,  ///< the counters of a network namespace and its sockets' queues
};
std::string_view name_of(ProbeSource source);  ///< as in the JSON

}  // namespace podsnoop
