// The options that all traces of packets have.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "pod_choice.hpp"
#include "trace_settings.hpp"

namespace podsnoop {

/// Where packets come from, and where they are saved.
void add_source_options(CLI::App& app, TraceSettings& settings, PodChoice& choice);
/// The format, and the ledger.
void add_output_options(CLI::App& app, TraceSettings& settings, const std::string& group);
/// When to stop.
void add_ending_options(CLI::App& app, TraceSettings& settings, const std::string& group);
/// What follows from the options when all are parsed. Throws as PodChoice::selection does.
void complete(TraceSettings& settings, const PodChoice& choice);

}  // namespace podsnoop
