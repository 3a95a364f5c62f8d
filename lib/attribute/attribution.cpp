#include "attribute/attribution.hpp"

#include <algorithm>
#include <span>
#include <utility>

namespace podsnoop {

namespace {

constexpr std::size_t facts_limit = 32'768;  // connections, of each half
constexpr std::size_t namespaces_limit = 4096, homes_limit = 65'536;

/// Addresses that mean another host in every namespace.
bool is_loopback(const Address& address) {
    if (address.family == 4) return address.bytes[0] == 127;
    return std::ranges::all_of(std::span(address.bytes).first(15), [](std::uint8_t b) { return b == 0; }) &&
           address.bytes[15] == 1;
}
bool is_link_local(const Address& address) {
    if (address.family == 4) return address.bytes[0] == 169 && address.bytes[1] == 254;
    return address.bytes[0] == 0xfe && (address.bytes[1] & 0xc0) == 0x80;
}
bool is_everywhere(const Address& address) { return is_loopback(address) || is_link_local(address); }

bool is_empty(const ConnectionFacts& facts) {
    return !facts.client_process && !facts.server_process && facts.backend == Endpoint{} && facts.caller == Endpoint{} &&
           facts.service_name.empty() && !facts.delivery;
}

}  // namespace

void Attribution::apply(const Noted& noted) {
    std::visit([&](const auto& what) { note(what, noted.time); }, noted.note);
}

void Attribution::note(const NamespaceState& state, Time) {
    attributed_.forget();
    if (state.addresses.empty()) {
        namespaces_.erase(state.netns);
    } else if (namespaces_.size() < namespaces_limit || namespaces_.contains(state.netns)) {
        namespaces_[state.netns] = state;
        if (state.node) node_ = state.netns;
    }
    std::erase_if(homes_, [&](const auto& home) { return home.second.netns == state.netns; });
    if (!state.traced || !state.whole) return;
    for (const Address& address : state.addresses)
        if (!is_everywhere(address) && homes_.size() < homes_limit) homes_[address] = {state.netns, state.since};
}

void Attribution::note(const PodsKnown& known, Time time) {
    attributed_.forget();
    pods_time_ = time;
    if (known.settled) changing_since_.reset();
    index_.update(known.pods, time);
}

void Attribution::note(const ConnectionFacts& facts, Time time) {
    // Of most connections nothing is found: what leads to no process here, and is not translated.
    if (is_empty(facts)) return forget({facts.netns, facts.client, facts.server});
    if (facts_[0].size() >= facts_limit) facts_[1] = std::exchange(facts_[0], {});
    facts_[0].insert_or_assign(ConnectionKey{facts.netns, facts.client, facts.server}, Noted{time, facts});
}

void Attribution::forget(const ConnectionKey& connection) {
    for (Facts& half : facts_) half.erase(connection);
}

const ConnectionFacts* Attribution::find_facts(const NetworkRecord& record) const {
    const ConnectionKey key{record.netns, record.client.endpoint, record.server.endpoint};
    for (const Facts& half : facts_)
        if (const auto found = half.find(key); found != half.end()) return std::get_if<ConnectionFacts>(&found->second.note);
    return nullptr;
}

bool Attribution::is_local(const Address& address, std::uint64_t netns) const {
    if (is_loopback(address)) return true;
    const auto found = namespaces_.find(netns);
    return found != namespaces_.end() && std::ranges::binary_search(found->second.addresses, address);
}

/// Whether it is an address of another namespace that was traced then.
bool Attribution::has_other_home(const Endpoint& end, std::uint64_t netns, Time time) const {
    const auto home = homes_.find(end.address);
    return home != homes_.end() && home->second.netns != netns && home->second.since <= time;
}

bool Attribution::is_told_elsewhere(const Endpoint& client, const Endpoint& server, std::uint64_t netns, Time time) const {
    if (is_local(client.address, netns)) return false;
    return has_other_home(client, netns, time) || (!is_local(server.address, netns) && has_other_home(server, netns, time));
}

bool Attribution::was_translated_elsewhere(const NetworkRecord& record, const ConnectionFacts& facts) const {
    // A client behind a namespace's own address, or a server behind it: neither is there.
    return has_other_home(facts.caller, record.netns, record.time) ||
           (!is_local(record.client.endpoint.address, record.netns) && has_other_home(facts.backend, record.netns, record.time));
}

/// The namespace whose sockets tell the process at this end; 0 where the address alone tells the pod, or nothing does.
std::uint64_t Attribution::process_namespace(const Endpoint& end, std::uint64_t netns, Time time) const {
    if (is_local(end.address, netns)) {
        const Pod* pod = index_.by_netns(netns, time);
        const Pod* by_port = is_everywhere(end.address) ? nullptr : index_.by_address(end, time);
        const bool is_known = pod != nullptr && (!pod->container.empty() || (by_port != nullptr && !by_port->container.empty()));
        return is_known ? 0 : netns;
    }
    return is_nodes(end.address) ? node_ : 0;
}

std::optional<AttributionQuestion> Attribution::begin(const Endpoint& client, const Endpoint& server, std::uint64_t netns,
                                                      Time time) {
    forget({netns, client, server});
    const AttributionQuestion question{
        .netns = netns,
        .client = client,
        .server = server,
        .client_process_in = process_namespace(client, netns, time),
        .server_process_in = process_namespace(server, netns, time),
                                      // A Service's address is nobody's; a caller's was replaced by the node's own.
        .translation = !is_loopback(server.address) && (index_.by_address(server, time) == nullptr ||
                                                        (is_nodes(client.address) && !is_local(client.address, netns)))};
    const bool any = question.client_process_in != 0 || question.server_process_in != 0 || question.translation;
    return any && netns != 0 ? std::optional(question) : std::nullopt;
}

void Attribution::attribute(NetworkRecord& record, const ConnectionFacts* known) {
    record.identity = 0;
    // Whose an address was can differ at times before that.
    const bool repeats = known == nullptr && record.time > index_.settled();
    if (repeats && attributed_.recall(record)) return;
    static const ConnectionFacts nothing;
    look_up(record, known != nullptr ? *known : nothing);
    if (repeats) attributed_.keep(record);
}

void Attribution::look_up(NetworkRecord& record, const ConnectionFacts& facts) const {
    if (namespaces_.contains(record.netns)) {
        const bool client = is_local(record.client.endpoint.address, record.netns);
        const bool server = is_local(record.server.endpoint.address, record.netns);
        record.side = client ? Side::client : server ? Side::server : Side::between;
    }
    if (facts.backend.address.family != 0) {
        record.service = Service{record.server.endpoint, facts.service_name};
        record.server.endpoint = facts.backend;
    } else if (!facts.service_name.empty()) {
        record.service = Service{record.server.endpoint, facts.service_name};
    }
    look_up(record.client, facts.client_process, false, record);
    if (facts.caller.address.family != 0 && record.client.pod == nullptr)
        record.client.pod = index_.by_address(facts.caller, record.time);
    look_up(record.server, facts.server_process, true, record);
}

void Attribution::look_up(Peer& peer, const std::optional<Process>& process, bool is_server, const NetworkRecord& record) const {
    const Endpoint& end = peer.endpoint;
    const bool local = is_local(end.address, record.netns);
    if (process) {
        peer.pod = process->cgroup.empty() ? nullptr : index_.by_cgroup(process->cgroup);
        if (peer.pod == nullptr) peer.comm = process->comm;
        return;
    }
    if (local && is_everywhere(end.address)) {
        peer.pod = index_.by_netns(record.netns, record.time);
        return;
    }
    // By the address, which knows the container by its port. In a pod's own namespace it can be no other pod's.
    peer.pod = index_.by_address(end, record.time);
    if (local) {
        const Pod* owner = index_.by_netns(record.netns, record.time);
        if (owner != nullptr && (peer.pod == nullptr || peer.pod->uid != owner->uid)) peer.pod = owner;
    }
    if (peer.pod == nullptr && is_server && is_nodes(end.address)) peer.pod = index_.by_host_port(end.port, record.time);
}

std::vector<Noted> Attribution::standing() const {
    std::vector<Noted> notes;
    const auto add = [&](Note note) {
        notes.emplace_back();
        notes.back().time = pods_time_;
        notes.back().note = std::move(note);
    };
    for (const auto& [netns, state] : namespaces_) add(state);
    add(PodsKnown{.pods = index_.pods(), .settled = !changing_since_});
    if (changing_since_) notes.push_back({*changing_since_, PodsChange{}});
    for (const Facts* half : {&facts_[1], &facts_[0]})
        for (const auto& [key, noted] : *half) notes.push_back(noted);
    return notes;
}

}  // namespace podsnoop
