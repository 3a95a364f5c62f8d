#include "attribute/connection_owners.hpp"

#include <sys/eventfd.h>

#include <algorithm>
#include <cerrno>
#include <iterator>

#include "attribute/service_reader.hpp"
#include "node/capabilities.hpp"
#include "node/reason.hpp"
#include "node/seccomp.hpp"
#include "node/thread.hpp"

namespace podsnoop {

namespace {

using namespace std::chrono_literals;

/// How long an address is taken for a server's that is gone, and how many such are remembered.
constexpr auto past_server_age = 60s;
constexpr std::size_t past_server_limit = 1024;

/// Names of Services are read again no sooner than this, and where a name is missing no sooner than the
/// second.
constexpr auto names_age = 60s;
constexpr auto names_missing_age = 5s;

/// So many are looked up together. What is found out about one takes 0.7 KB until it is told: all that may be in flight at
/// once would be as many MiB as their number in thousands.
constexpr std::size_t questions_at_once = 128;

/// Looking through processes takes at most one part in this of the time.
constexpr int scan_share = 10;

/// Those that share a listener's address: one owner where all are of one cgroup.
std::optional<SocketOwner> common_owner(SocketOwners& owners, const std::vector<TcpSocket>& sockets) {
    std::optional<SocketOwner> common;
    for (const TcpSocket& socket : sockets) {
        auto owner = owners.find(socket);
        if (!owner || (common && common->cgroup != owner->cgroup)) return std::nullopt;
        if (!common) common = std::move(owner);
    }
    return common;
}

}  // namespace

Result<std::unique_ptr<ConnectionOwners>> ConnectionOwners::start(NetworkNamespace node, ConnectionOwnersOptions options) {
    constexpr const char* what = "cannot ask for sockets' owners";
    Fd answered(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!answered) return fail(what, "eventfd", reason_of(errno));
    std::unique_ptr<ConnectionOwners> started(new ConnectionOwners(std::move(node), std::move(options), std::move(answered)));
    auto thread = start_thread(what, [self = started.get()](const std::stop_token& stop) { self->run(stop); });
    if (!thread) return std::unexpected(thread.error());
    started->thread_ = std::move(*thread);
    return started;
}

ConnectionOwners::ConnectionOwners(NetworkNamespace node, ConnectionOwnersOptions options, Fd answered)
    : node_(std::move(node)),
      options_(std::move(options)),
      answered_(std::move(answered)),
      owners_(options_.root),
      delivery_(options_.root, Delivery::own_output()) {}

ConnectionOwners::~ConnectionOwners() = default;

bool ConnectionOwners::ask(ConnectionQuestion question) {
    if (in_flight_ >= options_.limit) {
        ++dropped_;
        return false;
    }
    ++in_flight_;
    {
        const std::scoped_lock lock(mutex_);
        const auto number_of = [&](std::optional<SocketPlace>& place) -> std::optional<std::uint64_t> {
            if (!place) return std::nullopt;
            paths_[place->netns] = std::move(place->path);
            return place->netns;
        };
        questions_.push_back({.key = question.key,
                              .netns = question.netns,
                              .client = question.client,
                              .server = question.server,
                              .maybe_translated = question.maybe_translated,
                              .client_at = number_of(question.client_at),
                              .server_at = number_of(question.server_at)});
    }
    asked_.notify_one();
    return true;
}

std::optional<ConnectionAnswer> ConnectionOwners::take() {
    const std::scoped_lock lock(mutex_);
    if (answers_.empty()) return std::nullopt;
    Answered& first = answers_.front();
    ConnectionAnswer answer = first.found ? std::move(*first.found) : ConnectionAnswer{};
    answer.key = first.key;
    answer.connection = first.connection;
    answers_.pop_front();
    --in_flight_;
    std::uint64_t ignored = 0;
    if (answers_.empty()) static_cast<void>(::eventfd_read(answered_.get(), &ignored));
    return answer;
}

void ConnectionOwners::know(PodList pods) {
    const std::scoped_lock lock(mutex_);
    pods_ = std::move(pods);
}

std::optional<Error> ConnectionOwners::take_warning() {
    const std::scoped_lock lock(mutex_);
    return std::exchange(warning_, std::nullopt);
}

void ConnectionOwners::run(const std::stop_token& stop) {
    // Beside processes it looks at tracked connections and at the firewall's rules. Where it fails it does for whoever
    // started this too, who then says so and ends.
    static_cast<void>(keep_capabilities(capabilities_to_look_at_processes | capability_set({CAP_NET_ADMIN, CAP_NET_RAW})));
    static_cast<void>(keep_system_calls({.kernel = true}));
    std::vector<Pending> batch, waiting;  // these for processes to be looked through
    Clock::time_point next_scan{};
    while (!stop.stop_requested()) {
        next(stop, waiting.empty() ? std::nullopt : std::optional(next_scan), batch);
        look_up(batch);
        std::erase_if(batch, [&](Pending& pending) {
            if (find_owners(pending)) return false;
            waiting.push_back(std::move(pending));
            return true;
        });
        tell(batch);
        const auto begin = Clock::now();
        if (waiting.empty() || begin < next_scan) continue;
        look_for_owners(waiting);
        const auto end = Clock::now();
        next_scan = end + std::max<Clock::duration>(options_.scan_interval, (scan_share - 1) * (end - begin));
        // Where a server closed its socket in the meantime its listener, whose process was just found with others, is left.
        const auto closed = std::ranges::partition(waiting, [&](Pending& pending) {
            find_owners(pending);
            return !pending.server || pending.answer.server;
        });
        find_sockets(closed);
        for (Pending& pending : closed) find_owners(pending);
        tell(waiting);
        waiting.shrink_to_fit();
    }
}

void ConnectionOwners::next(const std::stop_token& stop, std::optional<Clock::time_point> deadline, std::vector<Pending>& batch) {
    std::unique_lock lock(mutex_);
    const auto any = [&] { return !questions_.empty(); };
    if (deadline) asked_.wait_until(lock, stop, *deadline, any);
    else asked_.wait(lock, stop, any);
    for (; !questions_.empty() && batch.size() < questions_at_once; questions_.pop_front()) {
        const Asked& asked = questions_.front();
        Pending& pending = batch.emplace_back();
        pending.question = {.key = asked.key,
                            .netns = asked.netns,
                            .client = asked.client,
                            .server = asked.server,
                            .client_at = place_of(asked.client_at),
                            .server_at = place_of(asked.server_at),
                            .maybe_translated = asked.maybe_translated};
        pending.answer.key = asked.key;
        pending.answer.connection = {asked.netns, asked.client, asked.server};
    }
    if (questions_.empty()) paths_.clear();
}

std::optional<SocketPlace> ConnectionOwners::place_of(std::optional<std::uint64_t> netns) const {
    return netns ? std::optional(SocketPlace{.netns = *netns, .path = paths_.at(*netns)}) : std::nullopt;
}

void ConnectionOwners::tell(std::vector<Pending>& done) {
    if (done.empty()) return;
    const std::scoped_lock lock(mutex_);
    for (Pending& each : done) {
        const ConnectionAnswer& answer = each.answer;
        const bool any = answer.client || answer.server || answer.translation || !answer.service.empty() || answer.delivery;
        Answered& told = answers_.emplace_back();
        told.key = answer.key;
        told.connection = answer.connection;
        if (any) told.found = std::make_unique<ConnectionAnswer>(std::move(each.answer));
    }
    done.clear();
    static_cast<void>(::eventfd_write(answered_.get(), 1));
}

void ConnectionOwners::look_up(std::vector<Pending>& batch) {
    // First, since a socket knows its connection as it is on its own side.
    find_translations(batch);
    // Sockets before names, which take longer: clients may close them any moment.
    find_sockets(batch);
    if (options_.find_delivery) find_delivery(batch);
    find_service_names(batch);
}

void ConnectionOwners::find_translations(std::vector<Pending>& batch) {
    for (Pending& each : batch) {
        if (!each.question.maybe_translated) continue;
        if (!conntrack_) {
            if (!Conntrack::is_on()) return;
            conntrack_ = Conntrack::open(node_);
            const std::scoped_lock lock(mutex_);
            if (!*conntrack_) warning_ = conntrack_->error();
        }
        if (*conntrack_) each.answer.translation = (*conntrack_)->find(each.question.client, each.question.server);
    }
}

void ConnectionOwners::find_service_names(std::vector<Pending>& batch) {
    const auto name_of = [&](const Endpoint& service) {
        const std::string* name = service_names_.find(service);
        return name != nullptr ? name : service_names_.find_node_port(service.port);
    };
    const auto by_service = [](const Pending& each) { return each.answer.translation && each.answer.translation->by_service(); };
    const bool missing = std::ranges::any_of(
        batch, [&](const Pending& each) { return by_service(each) && name_of(each.answer.translation->service) == nullptr; });
    if (const auto now = Clock::now(); now >= names_next_ || (missing && now >= names_next_ - names_age + names_missing_age)) {
        if (!std::ranges::any_of(batch, by_service)) return;
        PodList pods;
        {
            const std::scoped_lock lock(mutex_);
            pods = pods_;
        }
        service_names_ = read_service_names(node_, pods, options_.root);
        names_next_ = Clock::now() + names_age;
    }
    for (Pending& each : batch) {
        if (!by_service(each)) continue;
        if (const std::string* name = name_of(each.answer.translation->service)) each.answer.service = *name;
    }
}

void ConnectionOwners::find_sockets(std::span<Pending> batch) {
    std::map<std::uint64_t, SocketPlace> places;
    for (const Pending& each : batch)
        for (const auto* at : {&each.question.client_at, &each.question.server_at})
            if (*at) places.emplace((*at)->netns, **at);
    for (const auto& [netns, place] : places) find_sockets(batch, place);
}

void ConnectionOwners::find_sockets(std::span<Pending> batch, const SocketPlace& place) {
    std::optional<NetworkNamespace> opened;
    if (!place.path.empty()) {
        // Not followed where another process has its number by now.
        auto found = NetworkNamespace::open(place.path);
        if (!found || found->inode() != place.netns) return;
        opened = std::move(*found);
    }
    auto sockets = TcpSockets::open(opened ? *opened : node_);
    if (!sockets) return;
    const auto here = [&](const std::optional<SocketPlace>& at) { return at && at->netns == place.netns; };
    for (Pending& each : batch) {
        const Endpoint &client = each.question.client, &server = each.question.server;
        const auto& translation = each.answer.translation;
        if (here(each.question.client_at)) {
            each.client = sockets->find(client, server);
            if (!each.client && translation) each.client = sockets->find(translation->client, translation->service);
        }
        if (!here(each.question.server_at)) continue;
        each.server = sockets->find(server, client);
        if (!each.server && translation) each.server = sockets->find(translation->backend, translation->source);
        // One that was not accepted yet, or is gone, is the listener's.
        if (!each.server || each.server->inode == 0)
            each.listeners = listeners_at(sockets->listeners(), translation ? translation->backend : server);
    }
}

void ConnectionOwners::find_delivery(std::vector<Pending>& batch) {
    const auto is_held = [](const std::optional<TcpSocket>& socket) { return socket && socket->inode != 0; };
    const auto any = [&](const Pending& each) { return is_held(each.client) || is_held(each.server); };
    if (std::ranges::none_of(batch, any)) return;
    const auto& sockets = delivery_.sockets();
    for (Pending& each : batch)
        for (const auto* socket : {&each.client, &each.server})
            if (is_held(*socket) && sockets.contains((*socket)->inode)) each.answer.delivery = true;
}

bool ConnectionOwners::find_owners(Pending& pending) {
    ConnectionAnswer& answer = pending.answer;
    if (pending.client && !answer.client) answer.client = owners_.find(*pending.client);
    if (pending.server && !answer.server) answer.server = owners_.find(*pending.server);
    if (!answer.server) answer.server = common_owner(owners_, pending.listeners);
    if (pending.question.server_at) {
        const std::pair address(pending.question.server_at->netns, pending.question.server);
        const auto now = Clock::now();
        if (answer.server) {
            if (past_servers_.size() >= past_server_limit) past_servers_.clear();
            past_servers_[address] = {*answer.server, now};
        } else if (!pending.server && pending.listeners.empty()) {
            const auto past = past_servers_.find(address);
            if (past != past_servers_.end() && now - past->second.at < past_server_age) answer.server = past->second.owner;
        }
    }
    const bool server_found = pending.server || !pending.listeners.empty();
    return (!pending.client || answer.client) && (!server_found || answer.server);
}

void ConnectionOwners::look_for_owners(const std::vector<Pending>& waiting) {
    std::vector<TcpSocket> sockets;
    for (const Pending& each : waiting) {
        if (each.client && !each.answer.client) sockets.push_back(*each.client);
        if (each.answer.server) continue;
        if (each.server) sockets.push_back(*each.server);
        std::ranges::copy(each.listeners, std::back_inserter(sockets));
    }
    owners_.look_for(sockets);
}

}  // namespace podsnoop
