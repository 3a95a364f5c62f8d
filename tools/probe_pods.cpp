#include "probe_pods.hpp"

#include <chrono>

#include "attribute/cgroup_path.hpp"
#include "pod_choice.hpp"
#include "pod_sources.hpp"
#include "say.hpp"

namespace podsnoop {

namespace {

using namespace std::chrono_literals;

constexpr auto patience = 2s;            // for any pods at all
constexpr auto patience_selected = 20s;  // where the user named some

}  // namespace

Result<std::unique_ptr<ProbePods>> ProbePods::start(const PodOptions& sources, const PodSelection& selection) {
    auto watch = PodWatch::start(pod_sources(sources));
    if (!watch) return std::unexpected(watch.error());
    std::unique_ptr<ProbePods> pods(new ProbePods(selection, std::move(*watch)));
    pods->watch_->wait_first(selection.empty() ? Nanoseconds(patience) : Nanoseconds(patience_selected));
    pods->update();
    if (selection.empty()) return pods;
    std::vector<Error> unmatched = unmatched_errors(selection, pods->index_.pods());
    if (!unmatched.empty()) return std::unexpected(std::move(unmatched.front()));
    return pods;
}

void ProbePods::update() {
    PodWatch::News news = watch_->take();
    // Where nothing is known of any pod, nobody asked for names: there may be no Kubernetes here.
    const bool wanted = (news.pods && !news.pods->empty()) || !index_.pods().empty() || !selection_.empty();
    for (const Error& warning : news.warnings)
        if (wanted) say(warning.line() + (warning.hint.empty() ? "" : "; " + warning.hint));
    if (news.pods)
        index_.update(std::move(*news.pods), std::chrono::time_point_cast<Nanoseconds>(std::chrono::system_clock::now()));
}

/// A cgroup that is a pod's, but of none that is known, may be a new one's.
const Pod* ProbePods::by_cgroup(std::string_view cgroup) {
    const Pod* pod = index_.by_cgroup(cgroup);
    if (pod == nullptr && read_cgroup_path(cgroup)) watch_->ask_soon();
    return pod;
}

bool ProbePods::is_selected(const Pod* pod) const {
    return selection_.empty() || (pod != nullptr && selection_.matches(pod->namespace_name, pod->name));
}

bool ProbePods::look_up(OomKill& kill) {
    kill.victim.pod = by_cgroup(kill.victim.cgroup);
    // Of a group's victims the log tells just the group.
    if (kill.victim.cgroup.empty()) kill.victim.pod = by_cgroup(kill.group);
    kill.trigger.pod = by_cgroup(kill.trigger.cgroup);
    if (kill.limit) kill.limit->pod = by_cgroup(kill.limit->cgroup);
    return is_selected(kill.victim.pod) || (kill.limit && is_selected(kill.limit->pod));
}

bool ProbePods::look_up(Listener& listener, Time time) {
    listener.pod = by_cgroup(listener.cgroup);
    // Version 1 of cgroups does not say who made a socket; most pods have a network namespace of their own.
    if (listener.pod == nullptr) listener.pod = index_.by_netns(listener.netns, time);
    if (listener.pod == nullptr && listener.netns != 0 && listener.cgroup.empty()) watch_->ask_soon();
    return is_selected(listener.pod);
}

}  // namespace podsnoop
