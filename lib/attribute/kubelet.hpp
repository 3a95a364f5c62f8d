// The kubelet as a source of pods: asked at /pods with whatever lets us in.
#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "attribute/credentials.hpp"
#include "attribute/source_report.hpp"
#include "base/result.hpp"
#include "event/pod.hpp"

namespace podsnoop {

/// Asks in the order of the plan until one way gives pods, and begins with that way the next time. All files are read
/// anew each time: tokens and certificates are replaced while we run.
class Kubelet {
  public:
    explicit Kubelet(KubeletOptions options) : options_(std::move(options)) {}

    /// Blocks, but for no longer than five seconds a kubelet that does not answer. The Error is that of the way that
    /// came farthest.
    Result<std::vector<PodRecord>> pods(std::stop_token stop = {});

    /// What became of each way that was tried the last time.
    [[nodiscard]] const std::vector<SourceReport>& reports() const { return reports_; }

  private:
    KubeletOptions options_;
    std::string worked_;  // the way that gave pods the last time; empty: none
    std::vector<SourceReport> reports_;
};

/// The pods of a saved /pods answer; `last` itself, where they are as it has them.
Result<PodList> read_pods_file(const std::string& path, const PodList& last = {});
/// The same in two steps: its text, and what `path` is said to have told.
Result<std::string> read_pods_text(const std::string& path);
Result<std::vector<PodRecord>> parse_pods_text(const std::string& text, const std::string& path);

}  // namespace podsnoop
