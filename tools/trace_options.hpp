// The options that traces of packets have.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "options.hpp"
#include "pod_choice.hpp"
#include "trace_settings.hpp"

namespace podsnoop {

/// Where packets come from, and where they are saved.
void add_source_options(CLI::App& app, TraceSettings& settings, PodChoice& choice);
/// How each record is printed.
void add_format_option(CLI::App& app, TraceSettings& settings, const std::string& group,
                       Result<Format> (*parse)(std::string_view) = parse_format, const char* formats = format_help);
/// Colours, and the ledger.
void add_output_options(CLI::App& app, TraceSettings& settings, const std::string& group);
/// When to stop, where records are printed one by one.
void add_count_option(CLI::App& app, TraceSettings& settings, const std::string& group);
/// When to stop.
void add_duration_option(CLI::App& app, TraceSettings& settings, const std::string& group);
/// What follows from the options when all are parsed. Throws as PodChoice::selection does.
void complete(TraceSettings& settings, const PodChoice& choice);

}  // namespace podsnoop
