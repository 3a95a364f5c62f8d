// Which pods a command is pointed at: --pod and -n, for every command that has them.
#pragma once

#include <CLI/CLI.hpp>
#include <span>
#include <string>
#include <vector>

#include "attribute/pod_selection.hpp"
#include "base/result.hpp"
#include "event/pod.hpp"

namespace podsnoop {

struct PodChoice {
    std::vector<std::string> pods;  ///< [NAMESPACE/]NAME
    std::string namespace_name;

    /// Throws CLI11's error where a name can be none.
    [[nodiscard]] PodSelection selection() const;
};

/// Adds the options. Gives --pod, for others to exclude.
CLI::Option* add_pod_choice(CLI::App& app, PodChoice& choice, const std::string& group);

/// An Error for each name that is none of these pods', with names that are near; empty where all are.
std::vector<Error> unmatched_errors(const PodSelection& selection, std::span<const PodRecord> pods);

}  // namespace podsnoop
