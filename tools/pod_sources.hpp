// The sources of pods that options ask for, as PodWatch asks them.
#pragma once

#include "attribute/pod_watch.hpp"
#include "base/result.hpp"
#include "pod_options.hpp"

namespace podsnoop {

/// The kubelet, or a saved answer in its place, and the node's files.
PodSources pod_sources(const PodOptions& options);

/// Fails where a file or a root that the user named cannot be read: without it, names would silently be missing.
Result<void> check_pod_sources(const PodOptions& options);

}  // namespace podsnoop
