// Keeps asking who the pods are, on a thread of its own, so that whoever handles packets never waits.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "base/fd.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "event/pod.hpp"

namespace podsnoop {

/// What PodWatch asks, on its thread. Each may block for seconds, but must come back soon when asked to stop.
struct PodSources {
    /// The kubelet, or a saved answer; none: not asked. It gets what it answered last, and gives that where nothing changed.
    std::function<Result<PodList>(std::stop_token, const PodList& last)> named;
    /// The node's files; none: not asked.
    std::function<Result<std::vector<PodRecord>>(std::stop_token)> found;
};

struct PodWatchTimes {
    std::chrono::milliseconds period{10'000};      ///< from the end of one round of asking to the next
    std::chrono::milliseconds at_least{250};       ///< the same, where it was asked for; more where the node's files take long
    std::chrono::milliseconds between_named{1'000};  ///< `named` is asked at most this often
    std::chrono::milliseconds after_failure{30'000};  ///< before `named` is asked again: it may have asked an API server
};

class PodWatch {
  public:
    /// Begins to ask at once. All signals are left to the other threads.
    static Result<std::unique_ptr<PodWatch>> start(PodSources sources, PodWatchTimes times = {});
    /// Stops whatever is being asked, and waits for the thread.
    ~PodWatch();
    PodWatch(const PodWatch&) = delete;
    PodWatch& operator=(const PodWatch&) = delete;

    struct News {
        /// All pods known now. What a source said last stays while it does not answer.
        std::optional<PodList> pods;
        std::chrono::steady_clock::time_point asked{};  ///< when asking for them began
        /// Each is given once, however often it happens.
        std::vector<Error> warnings;
    };
    /// What came since the last time. Does not block.
    News take();
    /// Readable when there is news; for poll().
    [[nodiscard]] int poll_fd() const { return wake_.get(); }
    /// Until the first round of asking is over, or so long. False: it is not over yet.
    bool wait_first(Nanoseconds limit);

    /// There seems to be a pod that is not known yet. Does not block, and does little where it comes too often.
    void ask_soon();

  private:
    PodWatch(PodSources sources, PodWatchTimes times, Fd wake);
    void run(std::stop_token stop);
    void ask(std::stop_token stop, bool first);
    void ask_named(std::stop_token stop);
    void ask_found(std::stop_token stop);
    void forget_ended(const std::vector<PodRecord>& found);
    void warn(Error warning);
    void tell(std::chrono::steady_clock::time_point asked);

    const PodSources sources_;
    const PodWatchTimes times_;
    const Fd wake_;

    // The thread's own.
    PodList named_;                                        // as last said
    std::vector<PodRecord> found_;                         // the same
    std::chrono::steady_clock::duration found_took_{};     // the last time
    bool named_failed_ = false, found_failed_ = false;     // the last time
    std::chrono::steady_clock::time_point named_not_before_{};
    std::set<std::string> said_;                           // warnings given

    std::mutex mutex_;
    std::condition_variable_any changed_;
    News news_;           // guarded
    bool soon_ = false;   // guarded
    bool first_over_ = false;  // guarded

    std::jthread thread_;  // last: it must be gone before the rest goes
};

}  // namespace podsnoop
