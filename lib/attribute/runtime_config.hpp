// What a container runtime wrote on the node of a container: the OCI bundle's config.json, whose annotations say for
// which pod it was made.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace podsnoop {

struct RuntimeConfig {
    bool is_sandbox = false;  ///< what holds the pod's namespaces, no container of its own
    std::string namespace_name, pod_name, uid;
    std::string container_name;  ///< empty of a sandbox
};

/// Reads containerd's io.kubernetes.cri.* and CRI-O's io.kubernetes.* annotations. Nothing where it is no JSON, where
/// it was made for no pod, or where a name can be none.
std::optional<RuntimeConfig> read_runtime_config(std::string_view text);

/// Where the config.json of a container may be, below the node's root: containerd's, also k3s's and others', and CRI-O's.
std::vector<std::string> runtime_config_paths(std::string_view container_id);

}  // namespace podsnoop
