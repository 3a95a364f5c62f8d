// One trace, from the source of packets to the printed record: the stages wired together and the loop that runs
// them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "base/result.hpp"
#include "base/time.hpp"
#include "capture/file/file_capture.hpp"
#include "capture/live.hpp"
#include "decode/decoder.hpp"
#include "event/selection.hpp"
#include "http/options.hpp"
#include "print/printer.hpp"
#include "reassemble/reassembler.hpp"
#include "recorder.hpp"

namespace podsnoop {

/// What the command line asks of `podsnoop http`.
struct HttpSettings {
    LiveOptions live;
    std::optional<std::string> read;  ///< a capture file instead of the kernel; "-" for standard input
    DecodeOptions decode;
    Selection selection;
    HttpOptions http;
    ReassemblyLimits reassembly;
    Format format = Format::table;
    std::optional<bool> color;            ///< nothing: where standard output is a terminal
    std::uint64_t count = 0;              ///< records to print; 0: no limit
    std::optional<Nanoseconds> duration;  ///< how long to trace
    std::optional<RecorderOptions> write; ///< save the packets that were kept
    std::optional<std::string> ledger;    ///< where to write it; "-" for standard output
};

/// Traces until something ends it. Records go to standard output, all else to standard error.
Result<void> trace_http(const HttpSettings& settings);

}  // namespace podsnoop
