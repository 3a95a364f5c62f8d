// The options that say where the pods' names come from, for every command that tells of pods.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <string_view>

#include "attribute/credentials.hpp"

namespace podsnoop {

struct PodOptions {
    KubeletOptions kubelet;  ///< its `root` is that of all files of the node
    std::string pods_file;   ///< a saved /pods answer instead of the kubelet's; empty: none

    /// Whether the user said whom to ask, and so wants to know if that fails.
    [[nodiscard]] bool names_kubelet() const {
        return kubelet.url || !kubelet.token_file.empty() || !kubelet.cert_file.empty() || !kubelet.ca_file.empty();
    }
};

/// Their heading in --help.
constexpr std::string_view pod_options_group = "Where pod names come from";

/// Adds them, and takes the node's addresses that the environment has.
void add_pod_options(CLI::App& app, PodOptions& options);

}  // namespace podsnoop
