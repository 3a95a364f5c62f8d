// The options that oom and backlog have in common.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <optional>
#include <string>

#include "attribute/pod_selection.hpp"
#include "base/time.hpp"
#include "pod_choice.hpp"
#include "pod_options.hpp"
#include "print/options.hpp"
#include "probe/features.hpp"

namespace podsnoop {

struct ProbeSettings {
    Format format = Format::table;
    std::optional<bool> color;            ///< nothing: where standard output is a terminal
    std::uint64_t count = 0;              ///< records to print; 0: no limit
    std::optional<Nanoseconds> duration;  ///< how long to trace
    std::optional<std::string> ledger;    ///< where to write it; "-" for standard output
    PodOptions pods;
    PodChoice choice;
    PodSelection selection;               ///< of `choice`
    std::string btf_file;                 ///< empty: the kernel's own
    Without without;
};

void add_probe_options(CLI::App& app, ProbeSettings& settings);

}  // namespace podsnoop
