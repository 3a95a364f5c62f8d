// What podsnoop check tells of the sources of pods.
#pragma once

#include <span>
#include <vector>

#include "attribute/source_report.hpp"
#include "base/result.hpp"
#include "event/check.hpp"
#include "event/pod.hpp"

namespace podsnoop {

/// Of what the node's files gave.
CheckRecord check_node_files(const Result<std::vector<PodRecord>>& found);

/// A record for each way that was tried. One that failed is degraded where another gave pods, or where the node's files
/// have names for all. Pure, as the other.
std::vector<CheckRecord> check_kubelet(std::span<const SourceReport> reports, const Result<std::vector<PodRecord>>& answer,
                                       bool files_have_names);

}  // namespace podsnoop
