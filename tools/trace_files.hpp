// What a trace of packets begins with: the files it is told to read and write, its seed, its place.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "trace_settings.hpp"

namespace podsnoop {

/// Keeps others from choosing endpoints that collide in the tables.
std::uint64_t random_seed();

/// No file named for writing may be one that is read, or written otherwise.
Result<void> check_files(const TraceSettings& settings);

/// The text of the saved answer that the settings name; empty where they name none.
Result<std::string> read_saved_pods(const TraceSettings& settings);
/// The pods that it tells of, into the settings.
Result<void> know_saved_pods(TraceSettings& settings, const std::string& text);

/// "eth0, eth1 of network namespace web": where packets come from that are no pods'.
std::string place_of(const TraceSettings& settings);

}  // namespace podsnoop
