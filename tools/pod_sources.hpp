// The sources of pods that options ask for, as PodWatch asks them.
#pragma once

#include "attribute/pod_watch.hpp"
#include "pod_options.hpp"

namespace podsnoop {

/// The kubelet, or a saved answer in its place, and the node's files.
PodSources pod_sources(const PodOptions& options);

}  // namespace podsnoop
