#include "attribute/source_checks.hpp"

#include <algorithm>
#include <string>

namespace podsnoop {

using enum CheckState;

CheckRecord check_node_files(const Result<std::vector<PodRecord>>& found) {
    if (!found)
        return {.name = "node-files",
                .state = missing,
                .detail = found.error().line(),
                .hint = found.error().hint,
                .needed_for = pod_commands};
    const auto nameless = std::ranges::count_if(*found, [](const PodRecord& pod) { return pod.name.empty(); });
    CheckRecord check{
        .name = "node-files", .state = ok, .detail = std::to_string(found->size()) + " pods", .needed_for = pod_commands};
    if (nameless == 0) return check;
    check.state = degraded;
    check.detail += ", " + std::to_string(nameless) + " of them without a name";
    check.hint = "in a debug pod, --root /host is the node's";
    return check;
}

std::vector<CheckRecord> check_kubelet(std::span<const SourceReport> reports, const Result<std::vector<PodRecord>>& answer,
                                       bool files_have_names) {
    const CheckState failed = answer || files_have_names ? degraded : missing;
    std::vector<CheckRecord> checks;
    for (const SourceReport& report : reports)
        checks.push_back({.name = "kubelet",
                          .state = report.ok ? ok : failed,
                          .detail = report.source + ": " + report.detail,
                          .hint = report.ok || answer ? "" : report.hint,
                          .needed_for = pod_commands});
    // What is wrong with the options themselves is in no report.
    if (checks.empty() && !answer)
        checks.push_back({.name = "kubelet",
                          .state = failed,
                          .detail = answer.error().line(),
                          .hint = answer.error().hint,
                          .needed_for = pod_commands});
    return checks;
}

}  // namespace podsnoop
