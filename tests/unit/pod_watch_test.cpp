#include <doctest/doctest.h>
#include <poll.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "attribute/pod_watch.hpp"

using namespace podsnoop;
using namespace std::chrono_literals;

namespace {

constexpr auto limit = 10s;  // for what takes milliseconds
constexpr PodWatchTimes on_request{.period = 1h, .at_least = 0ms, .between_named = 0ms, .after_failure = 0ms};

/// Pods that run.
std::vector<PodRecord> pods(const std::vector<std::string>& uids) {
    std::vector<PodRecord> made(uids.size());
    for (std::size_t i = 0; i < uids.size(); ++i) {
        made[i].uid = made[i].name = uids[i];
        made[i].containers = {{.name = "app", .id = "", .pid = 1, .ports = {}}};
    }
    return made;
}

/// A source whose answer the test changes. An Error's `what` starts with '!' here.
class Source {
  public:
    void says(std::vector<std::string> answer) {
        const std::lock_guard lock(mutex_);
        answer_ = std::move(answer);
    }
    auto ask_named() {
        return [ask = ask()](std::stop_token stop, const PodList&) -> Result<PodList> {
            auto pods = ask(stop);
            if (!pods) return std::unexpected(pods.error());
            return PodList(std::move(*pods));
        };
    }
    std::function<Result<std::vector<PodRecord>>(std::stop_token)> ask() {
        return [this](std::stop_token) -> Result<std::vector<PodRecord>> {
            const std::lock_guard lock(mutex_);
            ++asked;
            if (!answer_.empty() && answer_[0].starts_with('!')) return fail(answer_[0], "", "");
            return pods(answer_);
        };
    }
    std::atomic<int> asked = 0;

  private:
    std::mutex mutex_;
    std::vector<std::string> answer_;
};

/// Waits for news as a poll loop does.
PodWatch::News next(PodWatch& watch) {
    pollfd wait{.fd = watch.poll_fd(), .events = POLLIN, .revents = 0};
    REQUIRE(::poll(&wait, 1, std::chrono::milliseconds(limit).count()) == 1);
    return watch.take();
}

/// The news of the whole first round: of the node's files it may be told before.
PodWatch::News first(PodWatch& watch) {
    REQUIRE(watch.wait_first(limit));
    return watch.take();
}

/// The news of another round.
PodWatch::News asked_again(PodWatch& watch) {
    watch.ask_soon();
    return next(watch);
}

std::vector<std::string> uids(const PodWatch::News& news) {
    REQUIRE(news.pods);
    std::vector<std::string> uids;
    for (const PodRecord& pod : *news.pods) uids.push_back(pod.uid);
    return uids;
}

std::vector<std::string> said(const PodWatch::News& news) {
    std::vector<std::string> lines;
    for (const Error& warning : news.warnings) lines.push_back(warning.line());
    return lines;
}

using Texts = std::vector<std::string>;

struct Watched {
    Source kubelet, files;
    Result<std::unique_ptr<PodWatch>> start(PodWatchTimes times = on_request) {
        return PodWatch::start({kubelet.ask_named(), files.ask()}, times);
    }
};

}  // namespace

TEST_CASE("pod watch: what both sources know, again when asked for") {
    Watched node;
    node.kubelet.says({"a"});
    node.files.says({"a", "b"});
    const auto watch = node.start();
    REQUIRE(watch);
    const auto news = first(**watch);
    CHECK(uids(news) == Texts{"a", "b"});
    CHECK(said(news).empty());
    CHECK_FALSE((*watch)->take().pods);
    node.kubelet.says({"a", "c"});
    CHECK(uids(asked_again(**watch)) == Texts{"a", "c", "b"});
}

TEST_CASE("pod watch: what the node's files know does not wait for the kubelet") {
    Watched node;
    node.files.says({"a"});
    std::atomic<bool> may_answer = false;
    const auto silent = [&](std::stop_token stop, const PodList&) -> Result<PodList> {
        while (!may_answer && !stop.stop_requested()) std::this_thread::yield();
        return PodList(pods({"b"}));
    };
    const auto watch = PodWatch::start({silent, node.files.ask()}, on_request);
    REQUIRE(watch);
    CHECK(uids(next(**watch)) == Texts{"a"});
    CHECK_FALSE((*watch)->wait_first(0ms));
    may_answer = true;
    CHECK(uids(first(**watch)) == Texts{"b", "a"});
}

TEST_CASE("pod watch: a source that fails takes nothing away, and is told of once") {
    Watched node;
    node.kubelet.says({"a", "b"});
    node.files.says({"a"});
    const auto watch = node.start();
    REQUIRE(watch);
    CHECK(uids(first(**watch)) == Texts{"a", "b"});
    node.kubelet.says({"!refused"});
    const auto failed = asked_again(**watch);
    CHECK(uids(failed) == Texts{"a", "b"});
    CHECK(said(failed) == Texts{"!refused"});
    CHECK(said(asked_again(**watch)).empty());
    node.kubelet.says({"c"});
    const auto recovered = asked_again(**watch);
    CHECK(uids(recovered) == Texts{"c", "a"});
    CHECK(said(recovered) == Texts{"the kubelet answers again"});
    // It flaps.
    node.kubelet.says({"!refused"});
    CHECK(said(asked_again(**watch)).empty());
    node.kubelet.says({"c"});
    CHECK(said(asked_again(**watch)).empty());
    node.files.says({"!no such folder"});
    const auto files_failed = asked_again(**watch);
    CHECK(uids(files_failed) == Texts{"c", "a"});
    CHECK(said(files_failed) == Texts{"!no such folder"});
}

TEST_CASE("pod watch: while the kubelet is silent, a pod that the node's files lose is gone") {
    Watched node;
    node.kubelet.says({"a", "b", "static"});
    node.files.says({"a", "b"});
    const auto watch = node.start();
    REQUIRE(watch);
    first(**watch);
    node.kubelet.says({"!refused"});
    node.files.says({"b", "new"});
    CHECK(uids(asked_again(**watch)) == Texts{"b", "static", "new"});
}

TEST_CASE("pod watch: what is said is bounded") {
    Watched node;
    const auto watch = node.start();
    REQUIRE(watch);
    first(**watch);
    std::size_t warnings = 0;
    for (int i = 0; i < 100; ++i) {
        node.kubelet.says({std::string("!").append(std::to_string(i))});
        warnings += asked_again(**watch).warnings.size();
    }
    CHECK(warnings == 32);
}

TEST_CASE("pod watch: asking again and again does not make it ask more often") {
    Watched node;
    const auto began = std::chrono::steady_clock::now();
    const auto watch = node.start({.period = 1h, .at_least = 50ms, .between_named = 0ms, .after_failure = 0ms});
    REQUIRE(watch);
    // The files are looked at twice in the first round.
    for (int rounds = 2; rounds < 7; ++rounds) {
        while (node.files.asked < rounds) (*watch)->ask_soon();
    }
    CHECK(std::chrono::steady_clock::now() - began >= 4 * 50ms);
}

TEST_CASE("pod watch: it asks by itself, and a kubelet that failed less often") {
    Watched node;
    node.kubelet.says({"!refused"});
    const auto watch = node.start({.period = 1ms, .at_least = 0ms, .between_named = 0ms, .after_failure = 1h});
    REQUIRE(watch);
    while (node.files.asked < 5) next(**watch);
    CHECK(node.kubelet.asked == 1);
}

TEST_CASE("pod watch: it ends at once, also while a source is being waited for") {
    const auto hang = [](std::stop_token stop, const PodList&) -> Result<PodList> {
        std::mutex mutex;
        std::condition_variable_any never;
        std::unique_lock lock(mutex);
        never.wait(lock, stop, [] { return false; });
        return fail("stopped", "", "");
    };
    const auto began = std::chrono::steady_clock::now();
    {
        const auto watch = PodWatch::start({hang, nullptr});
        REQUIRE(watch);
        CHECK_FALSE((*watch)->wait_first(10ms));
        (*watch)->ask_soon();
        CHECK_FALSE((*watch)->take().pods);
    }
    {
        Watched node;
        const auto watch = node.start({.period = 1h, .at_least = 1h, .after_failure = 1h});
        REQUIRE(watch);
        first(**watch);
    }
    CHECK(std::chrono::steady_clock::now() - began < limit);
}

TEST_CASE("pod watch: signals stay with the thread that started it") {
    sigset_t blocked_there;
    sigemptyset(&blocked_there);
    const auto watch = PodWatch::start({[&](std::stop_token, const PodList&) -> Result<PodList> {
                                            pthread_sigmask(SIG_SETMASK, nullptr, &blocked_there);
                                            return PodList();
                                        },
                                        {}});
    REQUIRE(watch);
    CHECK((*watch)->wait_first(limit));
    sigset_t here;
    pthread_sigmask(SIG_SETMASK, nullptr, &here);
    for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGWINCH}) {
        CHECK(sigismember(&blocked_there, number) == 1);
        CHECK(sigismember(&here, number) == 0);
    }
}
