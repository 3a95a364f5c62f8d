// The sources of pods that options ask for: for PodWatch, which goes on asking, and for who asks once.
#pragma once

#include <optional>
#include <vector>

#include "attribute/kubelet.hpp"
#include "attribute/pod_watch.hpp"
#include "base/result.hpp"
#include "event/pod.hpp"
#include "pod_options.hpp"
#include "terminal.hpp"

namespace podsnoop {

/// The kubelet, or a saved answer in its place, and the node's files.
PodSources pod_sources(const PodOptions& options);

/// The pods of a saved answer, which a thread with few privileges looks into.
Result<PodList> read_saved_answer(const std::string& path);

/// Fails where a file or a root that the user named cannot be read: without it, names would silently be missing.
Result<void> check_pod_sources(const PodOptions& options);

/// The kubelet's pods, or nothing where a signal came first: one that never answers is waited for some seconds.
std::optional<Result<std::vector<PodRecord>>> ask_once(Kubelet& kubelet, StopSignals& signals);

}  // namespace podsnoop
