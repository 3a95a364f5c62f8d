#include "attribute/pod_watch.hpp"

#include <sys/eventfd.h>

#include <algorithm>
#include <cerrno>
#include <unordered_set>
#include <utility>

#include "attribute/node_files.hpp"
#include "node/capabilities.hpp"
#include "node/memory.hpp"
#include "node/reason.hpp"
#include "node/seccomp.hpp"
#include "node/thread.hpp"

namespace podsnoop {

namespace {

constexpr std::size_t most_warnings = 32;  // what a hostile kubelet can make us say is bounded

using Clock = std::chrono::steady_clock;

std::unordered_set<std::string> uids_of(const std::vector<PodRecord>& pods) {
    std::unordered_set<std::string> uids;
    for (const PodRecord& pod : pods) uids.insert(pod.uid);
    return uids;
}

}  // namespace

Result<std::unique_ptr<PodWatch>> PodWatch::start(PodSources sources, PodWatchTimes times) {
    constexpr const char* what = "cannot watch the pods";
    Fd wake(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!wake) return fail(what, "eventfd", reason_of(errno));
    std::unique_ptr<PodWatch> watch(new PodWatch(std::move(sources), times, std::move(wake)));
    auto thread = start_thread(what, [self = watch.get()](const std::stop_token& stop) { self->run(stop); });
    if (!thread) return std::unexpected(thread.error());
    watch->thread_ = std::move(*thread);
    return watch;
}

PodWatch::PodWatch(PodSources sources, PodWatchTimes times, Fd wake)
    : sources_(std::move(sources)), times_(times), wake_(std::move(wake)) {}

PodWatch::~PodWatch() = default;  // ~jthread asks to stop and joins

PodWatch::News PodWatch::take() {
    const std::lock_guard lock(mutex_);
    eventfd_t count = 0;
    static_cast<void>(::eventfd_read(wake_.get(), &count));
    return std::exchange(news_, {});
}

bool PodWatch::wait_first(Nanoseconds limit) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, limit, [this] { return first_over_; });
}

void PodWatch::ask_soon() {
    const std::lock_guard lock(mutex_);
    if (std::exchange(soon_, true)) return;
    changed_.notify_all();
}

void PodWatch::run(std::stop_token stop) {
    // Where it fails it does for whoever started this too, who then says so and ends.
    static_cast<void>(keep_capabilities(capabilities_to_look_at_processes));
    static_cast<void>(keep_system_calls({.kernel = true, .network = true, .roots = true}));
    for (bool first = true;; first = false) {
        const Clock::time_point began = Clock::now();
        // While it is read a list is there twice, the old one and the new. So first goes what was freed since the last time.
        if (!first) give_back_memory();
        ask(stop, first);
        give_back_memory();  // what reading it took
        std::unique_lock lock(mutex_);
        first_over_ = true;
        changed_.notify_all();
        const Clock::time_point over = Clock::now();
        changed_.wait_until(lock, stop, over + times_.period, [this] { return soon_; });
        // However often it is asked for, it takes a twentieth of the time at most.
        const auto rest = std::max<Clock::duration>(times_.at_least, 20 * found_took_);
        changed_.wait_until(lock, stop, std::max(over, began + rest), [] { return false; });
        if (stop.stop_requested()) return;
        soon_ = false;
    }
}

void PodWatch::ask(std::stop_token stop, bool first) {
    // The node's files answer at once, which the kubelet may not.
    if (first && sources_.named) {
        const Clock::time_point began = Clock::now();
        ask_found(stop);
        if (!found_.empty() && !stop.stop_requested()) tell(began);
    }
    const Clock::time_point began = Clock::now();
    ask_named(stop);
    ask_found(stop);
    if (!stop.stop_requested()) tell(began);
}

void PodWatch::ask_named(std::stop_token stop) {
    if (!sources_.named || stop.stop_requested() || Clock::now() < named_not_before_) return;
    auto pods = sources_.named(stop, named_);
    if (stop.stop_requested()) return;
    const bool failed_before = std::exchange(named_failed_, !pods);
    if (!pods) {
        named_not_before_ = Clock::now() + times_.after_failure;
        return warn(std::move(pods.error()));
    }
    named_not_before_ = Clock::now() + times_.between_named;
    named_ = std::move(*pods);
    if (failed_before) warn({"the kubelet answers again", "", "", ""});
}

void PodWatch::ask_found(std::stop_token stop) {
    if (!sources_.found || stop.stop_requested()) return;
    const Clock::time_point began = Clock::now();
    auto pods = sources_.found(stop);
    found_took_ = Clock::now() - began;
    if (stop.stop_requested()) return;
    found_failed_ = !pods;
    if (!pods) return warn(std::move(pods.error()));
    if (named_failed_) forget_ended(*pods);
    found_ = std::move(*pods);
}

/// While the kubelet does not answer, a pod ends when the node's files, which had it, no longer have it. Otherwise its
/// address would keep its name after another pod took it.
void PodWatch::forget_ended(const std::vector<PodRecord>& found) {
    const auto before = uids_of(found_), now = uids_of(found);
    std::vector<PodRecord> left(named_.begin(), named_.end());
    std::erase_if(left, [&](const PodRecord& pod) { return before.contains(pod.uid) && !now.contains(pod.uid); });
    named_ = PodList(std::move(left));
}

void PodWatch::warn(Error warning) {
    if (said_.size() >= most_warnings || !said_.insert(warning.line()).second) return;
    const std::lock_guard lock(mutex_);
    news_.warnings.push_back(std::move(warning));
}

void PodWatch::tell(Clock::time_point asked) {
    PodList pods = found_.empty() ? named_ : PodList(merge_pods({named_.begin(), named_.end()}, found_));
    const std::lock_guard lock(mutex_);
    news_.pods = std::move(pods);
    news_.asked = asked;
    static_cast<void>(::eventfd_write(wake_.get(), 1));
}

}  // namespace podsnoop
