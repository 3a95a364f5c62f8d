// What is around the packets of a live trace: the node's pods, their network namespaces, and who is at the ends of
// connections. It asks on other threads, and hands over what came as notes.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "attribute/attribution.hpp"
#include "attribute/connection_key.hpp"
#include "attribute/connection_owners.hpp"
#include "attribute/notes.hpp"
#include "attribute/pod_selection.hpp"
#include "attribute/pod_watch.hpp"
#include "base/fd.hpp"
#include "base/result.hpp"
#include "capture/live.hpp"
#include "node/netns.hpp"
#include "pod_options.hpp"

namespace podsnoop {

/// Which pods a command is pointed at, and how to learn of them.
struct PodSettings {
    PodOptions sources;
    PodSelection selection;  ///< empty: all
};

class Surroundings {
  public:
    using Tell = std::function<void(Note)>;

    /// Begins to ask. `traced_netns`: where packets come from, as LiveOptions::netns, unless pods are followed.
    /// `find_delivery`: whether to find out which connections carry away what this process writes.
    static Result<std::unique_ptr<Surroundings>> start(const PodSettings& settings, const std::string& traced_netns,
                                                       bool find_delivery);
    Surroundings(const Surroundings&) = delete;
    Surroundings& operator=(const Surroundings&) = delete;
    ~Surroundings() = default;

    /// Waits until there are pods to be traced in namespaces of their own, or none were found. Where pods were selected,
    /// none is an Error.
    Result<bool> find_pods();
    /// Traces the selected pods' namespaces from now on, also those that come, until they go. `buffer_bytes` is that of
    /// each; 0: they share some memory. Gives what is traced, for people: "3 pods".
    Result<std::string> follow(LiveCapture& capture, std::size_t buffer_bytes);
    /// Whether a namespace is traced because its own pod was selected.
    [[nodiscard]] bool is_selected(std::uint64_t netns) const { return followed_.contains(netns) && netns != node_.inode(); }
    /// Whether namespaces of processes that come will have to be opened.
    [[nodiscard]] bool follows() const { return follows_; }
    /// Whether namespaces will have to be entered, if only the node's.
    [[nodiscard]] bool enters_namespaces() const { return follows_ || node_.inode() != traced_.inode(); }

    /// Calls tell(note) for all that became known since the last call. Opens and closes namespaces where it follows.
    void take(LiveCapture& capture, const Tell& tell);
    /// What people should know of it, a line each.
    std::vector<std::string> take_notices();
    /// A connection begins. What was asked about an earlier one between the same endpoints is not answered any more; the
    /// answer to this question, where there is one, comes as a note, an empty one where nothing can be found.
    void begin(const ConnectionKey& connection, const std::optional<AttributionQuestion>& question);
    /// Readable when take() may have something.
    [[nodiscard]] int poll_fd() const { return epoll_.get(); }

  private:
    /// A pod whose namespace is traced.
    struct Followed {
        std::string uid;
        std::chrono::steady_clock::time_point seen;  ///< last, with a process in that namespace
    };

    Surroundings(const PodSettings& settings, NetworkNamespace node, NetworkNamespace traced, Fd epoll)
        : settings_(settings), node_(std::move(node)), traced_(std::move(traced)), epoll_(std::move(epoll)) {}
    Result<void> begin(bool find_delivery);
    void take_pods();
    void take_answers(const Tell& tell);
    void sync(LiveCapture& capture);
    void watch_files();
    bool heed_files();
    void add_namespace(LiveCapture& capture, const PodRecord& pod);
    void refuse(std::uint64_t netns, const PodRecord& pod, const Error& error);
    void note_node(const Tell& tell);
    [[nodiscard]] std::vector<std::string> node_interfaces() const;
    [[nodiscard]] std::size_t buffer_for(std::size_t namespaces) const;
    [[nodiscard]] bool is_followed(const PodRecord& pod) const;
    [[nodiscard]] bool is_gone(std::uint64_t netns, const Followed& followed) const;
    [[nodiscard]] std::optional<SocketPlace> place_of(std::uint64_t netns) const;

    PodSettings settings_;
    NetworkNamespace node_;    // the node's own namespace
    NetworkNamespace traced_;  // the one where interfaces are traced
    Fd epoll_;
    std::unique_ptr<PodWatch> watch_;
    std::unique_ptr<ConnectionOwners> owners_;
    Fd files_;  // an inotify that tells of pods that come and go
    PodList pods_;
    std::set<std::string> on_node_;  // uids of those that were on the node's network the last time and the time before
    bool pods_new_ = false;
    std::chrono::steady_clock::time_point asked_at_{};    // when asking for them began
    std::chrono::steady_clock::time_point changed_at_{};  // when one came or went
    bool follows_ = false;
    bool node_whole_ = true;  // the node's namespace, where it is traced, on all interfaces
    std::size_t buffer_bytes_ = 0;
    std::map<std::uint64_t, Followed> followed_;  // by the namespace's inode
    std::set<std::uint64_t> refused_;             // namespaces that could not be opened, said once; of pods that are known
    std::unordered_map<ConnectionKey, std::uint64_t, ConnectionKey::Hash> awaited_;  // the key of the question that counts
    std::vector<ConnectionKey> unasked_;             // where too much is asked: answered at once with nothing
    std::uint64_t last_question_ = 0;
    std::vector<Address> node_addresses_;
    std::vector<std::string> notices_;
};

}  // namespace podsnoop
