// The counters for which pcapng has no option, as the comment of an interface's statistics: readable in
// Wireshark, and what lets a file that podsnoop wrote give the ledger that tracing gave.
#pragma once

#include <string>
#include <string_view>

#include "event/ledger.hpp"

namespace podsnoop {

/// "podsnoop skipped: not-tcp=5 not-selected=0 not-http=3 body=80 ack=12"
std::string counts_comment(const PacketCounts& counts);

/// Sets the counters that such a comment names; any other text changes nothing.
void read_counts_comment(std::string_view comment, PacketCounts& counts);

}  // namespace podsnoop
