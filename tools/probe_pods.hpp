// Whose a kernel event is: the node's pods, looked up by cgroup and network namespace.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "attribute/pod_index.hpp"
#include "attribute/pod_selection.hpp"
#include "attribute/pod_watch.hpp"
#include "base/result.hpp"
#include "event/backlog.hpp"
#include "event/oom.hpp"
#include "pod_options.hpp"

namespace podsnoop {

class ProbePods {
  public:
    /// Begins to ask, and waits a moment for a first answer. Fails where pods were selected that are not there.
    static Result<std::unique_ptr<ProbePods>> start(const PodOptions& sources, const PodSelection& selection);

    /// Readable when there may be news.
    [[nodiscard]] int poll_fd() const { return watch_->poll_fd(); }
    /// Takes what is new: records that point at pods must have been printed.
    void update();

    /// Fills in the pods, and says whether the victim or the limit is of one that was selected.
    bool look_up(OomKill& kill);
    /// Fills in the pod, and says whether it was selected.
    bool look_up(Listener& listener, Time time);

  private:
    ProbePods(PodSelection selection, std::unique_ptr<PodWatch> watch)
        : selection_(std::move(selection)), watch_(std::move(watch)) {}
    const Pod* by_cgroup(std::string_view cgroup);
    [[nodiscard]] bool is_selected(const Pod* pod) const;

    PodSelection selection_;
    std::unique_ptr<PodWatch> watch_;
    PodIndex index_;
};

}  // namespace podsnoop
