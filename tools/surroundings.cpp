#include "surroundings.hpp"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <utility>

#include "capture/links.hpp"
#include "node/reason.hpp"
#include "pod_choice.hpp"
#include "pod_sources.hpp"

namespace podsnoop {

namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr auto patience = 2s;             // for any pods at all, before tracing without them
constexpr auto patience_selected = 20s;   // where the user named some
constexpr auto settling = 5s;             // while a pod comes or goes
constexpr auto idle_patience = 5min;      // for a pod without processes: so long a runtime waits to start a container again
// What all namespaces' rings take together, unless the user says it, and each of them at least.
constexpr std::size_t shared_buffer = std::size_t{64} << 20, least_buffer = std::size_t{1} << 20,
                      most_buffer = std::size_t{32} << 20;

bool watch(int epoll, int fd) {
    epoll_event event{};
    event.events = EPOLLIN;
    return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0;
}

std::string count_of(std::size_t count, const char* one, const char* many) {
    return std::to_string(count) + " " + (count == 1 ? one : many);
}

/// A process of the pod; 0 where none is known.
std::uint32_t process_of(const PodRecord& pod) {
    const auto alive = std::ranges::find_if(pod.containers, [](const PodContainer& container) { return container.pid != 0; });
    return alive != pod.containers.end() ? alive->pid : 0;
}

}  // namespace

Result<std::unique_ptr<Surroundings>> Surroundings::start(const PodSettings& settings, const std::string& traced_netns,
                                                          bool find_delivery) {
    if (Result<void> checked = check_pod_sources(settings.sources); !checked) return std::unexpected(checked.error());
    Result<NetworkNamespace> node = NetworkNamespace::open(settings.sources.kubelet.root + "/proc/1/ns/net");
    if (!node) node = NetworkNamespace::current();  // as a user without privileges, who reads no packets either
    if (!node) return std::unexpected(node.error());
    auto traced = traced_netns.empty() ? NetworkNamespace::current() : NetworkNamespace::open(traced_netns);
    if (!traced) return std::unexpected(traced.error());
    Fd epoll(epoll_create1(EPOLL_CLOEXEC));
    if (!epoll) return fail("cannot poll", {}, reason_of(errno));
    std::unique_ptr<Surroundings> surroundings(
        new Surroundings(settings, std::move(*node), std::move(*traced), std::move(epoll)));
    if (Result<void> begun = surroundings->begin(find_delivery); !begun) return std::unexpected(begun.error());
    return surroundings;
}

Result<void> Surroundings::begin(bool find_delivery) {
    auto pods = PodWatch::start(pod_sources(settings_.sources));
    if (!pods) return std::unexpected(pods.error());
    watch_ = std::move(*pods);
    auto node = NetworkNamespace::open("/proc/self/fd/" + std::to_string(node_.fd()));
    if (!node) return std::unexpected(node.error());
    auto owners =
        ConnectionOwners::start(std::move(*node), {.root = settings_.sources.kubelet.root, .find_delivery = find_delivery});
    if (!owners) return std::unexpected(owners.error());
    owners_ = std::move(*owners);
    if (!watch(epoll_.get(), watch_->poll_fd()) || !watch(epoll_.get(), owners_->fd()))
        return fail("cannot poll", {}, reason_of(errno));
    watch_files();
    return {};
}

/// The kubelet makes a folder for a pod before its containers start, and removes it after they are gone. Without
/// inotify pods are still seen at the next round of asking.
void Surroundings::watch_files() {
    files_ = Fd(inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
    if (!files_) return;
    for (const char* folder : {"/var/log/pods", "/run/netns"})
        static_cast<void>(inotify_add_watch(files_.get(), (settings_.sources.kubelet.root + folder).c_str(),
                                            IN_CREATE | IN_DELETE | IN_MOVED_TO));
    watch(epoll_.get(), files_.get());
}

/// Whether a pod came or went, as far as folders tell.
bool Surroundings::heed_files() {
    alignas(inotify_event) std::array<char, 4096> events;
    bool any = false;
    while (files_ && ::read(files_.get(), events.data(), events.size()) > 0) any = true;
    return any;
}

Result<bool> Surroundings::find_pods() {
    const bool selected = !settings_.selection.empty();
    const auto until = Clock::now() + (selected ? Clock::duration(patience_selected) : Clock::duration(patience));
    const auto found = [&] { return std::ranges::any_of(pods_, [&](const PodRecord& pod) { return is_followed(pod); }); };
    for (bool over = false; !over && !found() && Clock::now() < until;) {
        over = watch_->wait_first(20ms);
        take_pods();
    }
    if (!selected) return found();
    std::vector<Error> unmatched = unmatched_errors(settings_.selection, pods_);
    if (!unmatched.empty()) return std::unexpected(std::move(unmatched.front()));
    if (found()) return true;
    return fail("cannot trace pods", {}, "none of those chosen runs", "podsnoop pods tells of each its phase");
}

Result<std::string> Surroundings::follow(LiveCapture& capture, std::size_t buffer_bytes) {
    follows_ = true;
    buffer_bytes_ = buffer_bytes;
    sync(capture);
    if (followed_.empty()) {
        const std::string why = notices_.empty() ? "they ended meanwhile" : notices_.front();
        notices_.clear();
        return fail("cannot trace pods", {}, why, "run as root, on the node or with its process ids (hostPID)");
    }
    const auto on_node = static_cast<std::size_t>(
        std::ranges::count_if(pods_, [&](const PodRecord& pod) { return pod.host_network && settings_.selection.matches(pod); }));
    const std::size_t own = followed_.size() - (followed_.contains(node_.inode()) ? 1 : 0);
    std::string text = count_of(own + on_node, "pod", "pods");
    if (on_node != 0)
        text += own == 0 ? " on the node's network" : ", " + std::to_string(on_node) + " of them on the node's network";
    return text;
}

bool Surroundings::is_followed(const PodRecord& pod) const {
    if (!settings_.selection.matches(pod)) return false;
    if (pod.host_network) return on_node_.contains(pod.uid);
    return pod.netns != 0 && pod.netns != node_.inode() && process_of(pod) != 0;
}

std::size_t Surroundings::buffer_for(std::size_t namespaces) const {
    if (buffer_bytes_ != 0) return buffer_bytes_;
    return std::clamp(shared_buffer / std::max<std::size_t>(namespaces, 1), least_buffer, most_buffer);
}

/// The node's interfaces but those of its pods and what joins them: where every pod is traced in its own namespace, these
/// show the same once more. One at least.
std::vector<std::string> Surroundings::node_interfaces() const {
    std::vector<std::string> names;
    Result<NetnsVisit> visit = NetnsVisit::enter(node_);
    if (!visit) return names;
    const Result<Links> links = Links::open();
    static_cast<void>(visit->leave());
    if (!links) return names;
    for (const auto& [index, link] : links->by_index())
        if (link.up && link.kind != "bridge" && std::ranges::find(pods_, link.name, &PodRecord::interface) == pods_.end())
            names.push_back(link.name);
    std::ranges::sort(names);
    return names;
}

/// Traces what is to be traced by now, and lets go of the rest.
void Surroundings::sync(LiveCapture& capture) {
    for (const PodRecord& pod : pods_) {
        if (!is_followed(pod)) continue;
        add_namespace(capture, pod);
        if (const auto followed = followed_.find(pod.netns); followed != followed_.end()) followed->second.seen = asked_at_;
    }
    for (const NotStarted& failed : capture.start_added()) {
        const auto followed = followed_.find(failed.netns);
        refuse(failed.netns, *std::ranges::find(pods_, followed->second.uid, &PodRecord::uid), failed.error);
        followed_.erase(followed);
    }
    std::erase_if(followed_, [&](const auto& followed) {
        if (!is_gone(followed.first, followed.second)) return false;
        capture.remove(followed.first);
        return true;
    });
    // Its number may be another's namespace some day.
    std::erase_if(refused_, [&](std::uint64_t netns) {
        return netns != node_.inode() && std::ranges::find(pods_, netns, &PodRecord::netns) == pods_.end();
    });
}

/// Whether nobody will be in a namespace any more that was a pod's. Pods stay in the kubelet's list when they are over.
bool Surroundings::is_gone(std::uint64_t netns, const Followed& followed) const {
    if (netns == node_.inode())
        return std::ranges::none_of(pods_, [&](const PodRecord& each) { return each.host_network && is_followed(each); });
    const auto pod = std::ranges::find(pods_, followed.uid, &PodRecord::uid);
    if (pod == pods_.end()) return true;
    if (pod->netns != 0) return pod->netns != netns;
    const bool over = pod->phase == "Succeeded" || pod->phase == "Failed";
    return over || asked_at_ - followed.seen > idle_patience;
}

void Surroundings::add_namespace(LiveCapture& capture, const PodRecord& pod) {
    const std::uint64_t inode = pod.host_network ? node_.inode() : pod.netns;
    if (followed_.contains(inode) || refused_.contains(inode)) return;
    Result<NetworkNamespace> netns = NetworkNamespace::open("/proc/self/fd/" + std::to_string(node_.fd()));
    if (!pod.host_network) {
        netns = NetworkNamespace::open(settings_.sources.kubelet.root + "/proc/" + std::to_string(process_of(pod)) + "/ns/net");
        // The process may have ended, and another have its number.
        if (!netns || netns->inode() != inode) return;
    }
    if (!netns) return refuse(inode, pod, netns.error());
    const std::size_t expected =
        static_cast<std::size_t>(std::ranges::count_if(pods_, [&](const PodRecord& each) { return is_followed(each); }));
    std::vector<std::string> interfaces;
    if (pod.host_network && settings_.selection.empty()) interfaces = node_interfaces();
    if (pod.host_network) node_whole_ = interfaces.empty();
    if (Result<void> added = capture.add(std::move(*netns), buffer_for(expected), std::move(interfaces)); !added)
        return refuse(inode, pod, added.error());
    followed_[inode] = {.uid = pod.uid, .seen = asked_at_};
}

void Surroundings::refuse(std::uint64_t netns, const PodRecord& pod, const Error& error) {
    refused_.insert(netns);
    notices_.push_back("cannot trace " + pod.namespace_name + "/" + pod.name + ": " + error.line());
}

void Surroundings::take(LiveCapture& capture, const Tell& tell) {
    take_pods();
    if (std::exchange(pods_new_, false)) {
        if (follows_) sync(capture);
        note_node(tell);
        // By then it has the namespaces of new pods, or they would be no one's.
        const bool settled = changed_at_ <= asked_at_;
        tell(PodsKnown{.pods = pods_, .settled = settled});
    }
    for (NamespaceState& state : capture.take_namespaces()) {
        state.node = state.netns == node_.inode();
        if (!state.traced && !state.node) state.addresses.clear();
        state.whole = !state.node || node_whole_;
        tell(std::move(state));
    }
    take_answers(tell);
    if (heed_files()) {
        changed_at_ = Clock::now();
        watch_->ask_soon();
        tell(PodsChange{});
    }
}

/// The node's own addresses. Interfaces that are traced tell of theirs only as long as they are followed.
void Surroundings::note_node(const Tell& tell) {
    Result<NetnsVisit> visit = NetnsVisit::enter(node_);
    if (!visit) return;
    const Result<Links> links = Links::open();
    static_cast<void>(visit->leave());
    if (!links || links->addresses() == node_addresses_) return;
    node_addresses_ = links->addresses();
    const bool traced = follows_ ? followed_.contains(node_.inode()) : traced_.inode() == node_.inode();
    tell(NamespaceState{
        .netns = node_.inode(), .addresses = node_addresses_, .traced = traced, .whole = node_whole_, .node = true});
}

void Surroundings::take_pods() {
    PodWatch::News news = watch_->take();
    // Which source fails matters to nobody where another knows the pods, or where there may be no Kubernetes at all.
    const PodList& known = news.pods ? *news.pods : pods_;
    const bool wanted = settings_.sources.names_kubelet() || (!settings_.selection.empty() && known.empty());
    for (const Error& warning : news.warnings)
        if (wanted) notices_.push_back(warning.line() + (warning.hint.empty() ? "" : "; " + warning.hint));
    if (!news.pods) return;
    // A pod that starts is on the node's network for a moment, until its runtime has put it into its own.
    std::set<std::string> on_node;
    for (const PodRecord& pod : *news.pods) {
        const auto before = std::ranges::find(pods_, pod.uid, &PodRecord::uid);
        if (pod.host_network && (pods_.empty() || (before != pods_.end() && before->host_network))) on_node.insert(pod.uid);
    }
    on_node_ = std::move(on_node);
    pods_ = std::move(*news.pods);
    asked_at_ = news.asked;
    // Its processes and addresses come a while after a pod's first sign.
    if (Clock::now() - changed_at_ < settling) watch_->ask_soon();
    pods_new_ = true;
    owners_->know(pods_);
}

std::vector<std::string> Surroundings::take_notices() { return std::exchange(notices_, {}); }

/// Where sockets of a namespace are looked for.
std::optional<SocketPlace> Surroundings::place_of(std::uint64_t netns) const {
    if (netns == 0) return std::nullopt;
    if (netns == node_.inode()) return SocketPlace{.netns = netns, .path = {}};
    const auto pod = std::ranges::find(pods_, netns, &PodRecord::netns);
    if (const std::uint32_t pid = pod != pods_.end() ? process_of(*pod) : 0; pid != 0)
        return SocketPlace{.netns = netns, .path = settings_.sources.kubelet.root + "/proc/" + std::to_string(pid) + "/ns/net"};
    if (netns == traced_.inode()) return SocketPlace{.netns = netns, .path = "/proc/self/fd/" + std::to_string(traced_.fd())};
    return std::nullopt;
}

void Surroundings::begin(const ConnectionKey& connection, const std::optional<AttributionQuestion>& question) {
    awaited_.erase(connection);
    if (!question) return;
    const std::uint64_t key = ++last_question_;
    if (owners_->ask({.key = key,
                      .netns = connection.netns,
                      .client = question->client,
                      .server = question->server,
                      .client_at = place_of(question->client_process_in),
                      .server_at = place_of(question->server_process_in),
                      .maybe_translated = question->translation})) {
        awaited_.emplace(connection, key);
    } else {
        unasked_.push_back(connection);
    }
}

void Surroundings::take_answers(const Tell& tell) {
    for (const ConnectionKey& connection : std::exchange(unasked_, {}))
        tell(ConnectionFacts{.netns = connection.netns, .client = connection.client, .server = connection.server});
    while (std::optional<ConnectionAnswer> answer = owners_->take()) {
        const ConnectionKey& connection = answer->connection;
        // Of an earlier connection between the same endpoints: its processes are not this one's.
        const auto awaited = awaited_.find(connection);
        if (awaited == awaited_.end() || awaited->second != answer->key) continue;
        awaited_.erase(awaited);
        ConnectionFacts facts{.netns = connection.netns, .client = connection.client, .server = connection.server};
        if (const auto& translation = answer->translation) {
            if (translation->service == connection.server && translation->by_service()) facts.backend = translation->backend;
            if (translation->source == connection.client && translation->client != connection.client)
                facts.caller = translation->client;
        }
        const auto process = [](std::optional<SocketOwner>& owner) {
            return owner ? std::optional(Process{std::move(owner->comm), std::move(owner->cgroup)}) : std::nullopt;
        };
        facts.client_process = process(answer->client);
        facts.server_process = process(answer->server);
        facts.service_name = std::move(answer->service);
        facts.delivery = answer->delivery;
        tell(std::move(facts));
    }
    if (const auto warning = owners_->take_warning()) notices_.push_back(warning->line());
}

}  // namespace podsnoop
