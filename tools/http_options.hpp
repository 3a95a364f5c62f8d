// The options of every command that is about exchanges, beside those of all traces.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "http_settings.hpp"
#include "pod_choice.hpp"

namespace podsnoop {

/// `group`: the title above them, which says what is left out.
void add_selection_options(CLI::App& app, HttpSettings& settings, const std::string& group);
/// When to stop, and what HTTP may take.
void add_limit_options(CLI::App& app, HttpSettings& settings, const std::string& group);
/// What follows from all options when they are parsed. Throws as PodChoice::selection does.
void complete_http(HttpSettings& settings, const PodChoice& choice);

}  // namespace podsnoop
