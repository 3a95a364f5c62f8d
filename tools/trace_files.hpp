// What a trace of packets begins and ends with: the files it is told to write, its ledger, its seed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/fd.hpp"
#include "base/result.hpp"
#include "terminal.hpp"
#include "trace_settings.hpp"

namespace podsnoop {

/// Keeps others from choosing endpoints that collide in the tables.
std::uint64_t random_seed();

/// No file named for writing may be one that is read, or written otherwise.
Result<void> check_files(const TraceSettings& settings);

/// Where the ledger goes, opened before tracing so that a wrong path is known at once. None where it is not asked for, or
/// goes to standard output.
Result<Fd> open_ledger(const TraceSettings& settings);
/// Writes it where open_ledger said.
Result<void> write_ledger(const TraceSettings& settings, std::string_view text, const Fd& file, Output& output);

/// The text of the saved answer that the settings name; empty where they name none.
Result<std::string> read_saved_pods(const TraceSettings& settings);
/// The pods that it tells of, into the settings.
Result<void> know_saved_pods(TraceSettings& settings, const std::string& text);

/// "eth0, eth1 of network namespace web": where packets come from that are no pods'.
std::string place_of(const TraceSettings& settings);

}  // namespace podsnoop
