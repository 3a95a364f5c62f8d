// What the command line asks of any trace of packets, whatever is made of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "capture/live.hpp"
#include "decode/decoder.hpp"
#include "event/pod.hpp"
#include "print/options.hpp"
#include "recorder.hpp"
#include "surroundings.hpp"

namespace podsnoop {

struct TraceSettings {
    LiveOptions live;
    PodSettings pods;              ///< which pods to point at, and how to learn of them
    std::size_t buffer_bytes = 0;  ///< of each ring; 0: the default, pods sharing some
    std::optional<PodList> saved_pods;  ///< of a saved /pods answer, beside a capture file
    std::optional<std::string> read;  ///< a capture file instead of the kernel; "-" for standard input
    DecodeOptions decode;
    bool exclude_self = true;  ///< tell nothing of what carries the output away, as far as that is known
    Format format = Format::table;
    std::optional<bool> color;             ///< nothing: where standard output is a terminal
    std::uint64_t count = 0;               ///< records to print; 0: no limit
    std::optional<Nanoseconds> duration;   ///< how long to trace
    std::optional<RecorderOptions> write;  ///< save the packets that were kept
    std::optional<std::string> ledger;     ///< where to write it; "-" for standard output
};

}  // namespace podsnoop
