// What a command gives to main: its options, and what to do when they are parsed.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>

#include "base/result.hpp"

namespace podsnoop {

/// Adds a command to the program's options. Each command is a file that defines one of these and a line in
/// main.cpp. `run` is set to what the command does when it is the one that was asked for.
using Run = std::function<Result<void>()>;

void add_backlog(CLI::App& app, Run& run);
void add_check(CLI::App& app, Run& run);
void add_completion(CLI::App& app, Run& run);
void add_http(CLI::App& app, Run& run);
void add_map(CLI::App& app, Run& run);
void add_oom(CLI::App& app, Run& run);
void add_pods(CLI::App& app, Run& run);
void add_red(CLI::App& app, Run& run);
void add_schema(CLI::App& app, Run& run);
void add_tcp(CLI::App& app, Run& run);

}  // namespace podsnoop
