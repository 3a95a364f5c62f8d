#include "pod_sources.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <future>
#include <memory>
#include <stop_token>
#include <type_traits>
#include <utility>

#include "attribute/node_files.hpp"
#include "node/reason.hpp"
#include "privileges.hpp"

namespace podsnoop {

namespace {

/// Begins to ask, on a thread that has given up what that does not take.
template <class Ask>
auto confined(Ask ask) {
    return std::async(std::launch::async, [ask = std::move(ask)]() -> std::invoke_result_t<Ask> {
        if (Result<void> dropped = drop_privileges({.pods = true}); !dropped) return std::unexpected(dropped.error());
        return ask();
    });
}

}  // namespace

PodSources pod_sources(const PodOptions& options) {
    PodSources sources;
    if (!options.pods_file.empty()) {
        sources.named = [file = options.pods_file](std::stop_token, const PodList& last) { return read_pods_file(file, last); };
    } else {
        // std::function wants what can be copied; the kubelet remembers which way worked.
        sources.named = [kubelet = std::make_shared<Kubelet>(options.kubelet)](std::stop_token stop,
                                                                               const PodList& last) -> Result<PodList> {
            Result<std::vector<PodRecord>> pods = kubelet->pods(stop);
            if (!pods) return std::unexpected(std::move(pods.error()));
            return std::ranges::equal(*pods, last) ? last : PodList(std::move(*pods));
        };
    }
    sources.found = [root = options.kubelet.root](std::stop_token) { return read_node_files(root); };
    return sources;
}

Result<PodList> read_saved_answer(const std::string& path) {
    return confined([&] { return read_pods_file(path); }).get();
}

Result<void> check_pod_sources(const PodOptions& options) {
    if (!options.pods_file.empty()) {
        if (auto pods = read_saved_answer(options.pods_file); !pods) return std::unexpected(pods.error());
    }
    const std::string processes = options.kubelet.root + "/proc/1";
    // Whoever may not look there is told so by each source.
    if (!options.kubelet.root.empty() && ::access(processes.c_str(), F_OK) != 0 && errno != EACCES)
        return fail("cannot read the node's files", processes, reason_of(errno),
                    "--root is the node's root directory: /host in a debug pod");
    return {};
}

std::optional<Result<std::vector<PodRecord>>> ask_once(Kubelet& kubelet, StopSignals& signals) {
    using namespace std::chrono_literals;
    std::stop_source stop;
    auto answer = confined([&] { return kubelet.pods(stop.get_token()); });
    while (answer.wait_for(20ms) == std::future_status::timeout)
        if (signals.take()) stop.request_stop();
    auto pods = answer.get();
    if (stop.stop_requested()) return std::nullopt;
    return pods;
}

}  // namespace podsnoop
