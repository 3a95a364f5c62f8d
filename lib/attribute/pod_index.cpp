#include "attribute/pod_index.hpp"

#include <algorithm>
#include <chrono>
#include <iterator>

#include "attribute/cgroup_path.hpp"

namespace podsnoop {

namespace {

constexpr std::size_t max_present = 65'536, max_known = 2 * max_present, max_former_containers = 16;

/// Whether an address can tell one pod from another: every namespace has its own loopback and link-local ones.
bool is_telling(const Address& address) {
    const auto& b = address.bytes;
    if (address.family == 4)  // RFC 6890 2.2.2: "this network", loopback, link-local; RFC 5771: multicast; broadcast
        return b[0] != 0 && b[0] != 127 && !(b[0] == 169 && b[1] == 254) && b[0] < 224;
    if (address.family != 6) return false;
    // RFC 4291 2.4: unspecified, loopback, link-local, multicast.
    const bool is_small = std::all_of(b.begin(), b.end() - 1, [](std::uint8_t byte) { return byte == 0; }) && b[15] <= 1;
    return !is_small && !(b[0] == 0xfe && (b[1] & 0xc0) == 0x80) && b[0] != 0xff;
}

std::string key_of(const PodRecord& record) {
    return record.uid.empty() ? record.namespace_name + "/" + record.name : record.uid;
}

bool is_over(const PodRecord& record) { return record.phase == "Failed" || record.phase == "Succeeded"; }

}  // namespace

void PodIndex::update(PodList pods, Time now) {
    if (pods.size() > max_present) pods = PodList(std::vector(pods.begin(), pods.begin() + max_present));
    present_ = std::move(pods);
    ++updates_;
    previous_ = std::min(previous_, now);  // a clock may be set back
    for (const PodRecord& record : present_) see(record, now);
    let_go(now);
    make_tables();
    previous_ = now;
}

void PodIndex::see(const PodRecord& record, Time now) {
    Known& known = known_[key_of(record)];
    const bool is_same = known.pod.name == record.name && known.pod.namespace_name == record.namespace_name;
    if (known.update == updates_) {
        // The first of them stands for both, and is told as none.
        known.is_doubtful = known.is_doubtful || !is_same;
        return;
    }
    const bool is_new = !is_same;
    if (is_new) {
        known = {};
        known.pod = {record.namespace_name, record.name, record.uid, {}, ++last_identity_};
    }
    known.update = updates_;
    known.is_terminating = known.is_terminating || record.terminating;
    known.gone = Time::max();
    known.is_doubtful = record.name.empty();
    see_containers(known, record, now, is_new);
    see_holdings(known, record, now);
}

void PodIndex::see_holdings(Known& known, const PodRecord& record, Time now) const {
    std::vector<Address> addresses;
    std::vector<std::uint16_t> host_ports;
    std::vector<std::uint64_t> namespaces;
    if (!record.host_network) {
        std::ranges::copy_if(record.addresses, std::back_inserter(addresses), is_telling);
        host_ports = record.host_ports;
        if (record.netns != 0) namespaces.push_back(record.netns);
    }
    const auto see = [&](auto& holdings, const auto& values) {
        if (!is_over(record)) return holdings.see(values, {now, previous_, record.started, known.is_terminating});
        // Its namespace is gone, and its address may be another's; it ended within the second that it tells.
        const bool is_exact = record.finished != Time{};
        const Time end = is_exact ? later(record.finished, std::chrono::seconds(1)) : now;
        holdings.release(std::min(end, now), previous_);
        if (is_exact && record.started != Time{} && holdings.entries().empty())
            for (const auto& value : values) holdings.add_past(value, record.started, end);
    };
    see(known.addresses, addresses);
    see(known.host_ports, host_ports);
    see(known.namespaces, namespaces);
}

void PodIndex::see_containers(Known& known, const PodRecord& record, Time now, bool is_new) {
    std::vector<Container> containers;
    for (const PodContainer& container : record.containers)
        containers.push_back({.pod = {known.pod.namespace_name, known.pod.name, known.pod.uid, container.name, ++last_identity_},
                              .id = container.id,
                              .ports = container.ports,
                              .ended = container.ended});
    const auto runs = [](const Container& c) { return !c.ended && c.until == Time::max(); };
    const auto names_of = [&](const std::vector<Container>& all) {
        std::vector<std::string_view> names;
        for (const Container& c : all)
            if (runs(c)) names.push_back(c.pod.container);
        return names;
    };
    const bool had_others = std::ranges::any_of(containers, &Container::ended);
    if (is_new) known.containers_since = had_others ? now : Time::min();
    else if (names_of(containers) != names_of(known.containers)) known.containers_since = now;
    // A container that is started again has another id; what its last one did may still be asked for.
    const auto is_current = [&](const Container& former) {
        return former.id.empty() || std::ranges::find(containers, former.id, &Container::id) != containers.end();
    };
    const std::size_t current = containers.size();
    for (Container& former : known.containers) {
        if (is_current(former)) continue;
        former.until = std::min(former.until, now);
        if (!is_forgotten(former.until, now) && containers.size() < current + max_former_containers)
            containers.push_back(std::move(former));
    }
    known.containers = std::move(containers);
}

void PodIndex::let_go(Time now) {
    for (auto& [key, known] : known_) {
        if (known.update != updates_ && known.gone == Time::max()) {
            known.gone = now;
            known.addresses.release(now, previous_);
            known.host_ports.release(now, previous_);
            known.namespaces.release(now, previous_);
        }
        known.addresses.forget(now);
        known.host_ports.forget(now);
        known.namespaces.forget(now);
    }
    std::erase_if(known_, [&](const auto& entry) { return is_forgotten(entry.second.gone, now); });
    if (known_.size() > max_known) std::erase_if(known_, [](const auto& entry) { return entry.second.gone != Time::max(); });
}

void PodIndex::make_tables() {
    addresses_.clear();
    host_ports_.clear();
    namespaces_.clear();
    for (const auto& [key, known] : known_) {
        addresses_.add(known, known.addresses);
        host_ports_.add(known, known.host_ports);
        namespaces_.add(known, known.namespaces);
    }
    settled_ = std::max({addresses_.settled(), host_ports_.settled(), namespaces_.settled()});
    for (const auto& [key, known] : known_) {
        settled_ = std::max(settled_, known.containers_since);
        for (const Container& container : known.containers)
            if (container.until != Time::max()) settled_ = std::max(settled_, container.until);
    }
    addresses_.sort();
    host_ports_.sort();
    namespaces_.sort();
}

const Pod* PodIndex::container_at(const Known* known, std::uint16_t port, Time time) {
    if (known == nullptr || known->is_doubtful) return nullptr;
    // It was gone by then, or when an init container was done is not known and was before.
    const auto runs_then = [&](const Container& container) {
        return container.until > time && !(container.ended && time >= known->containers_since);
    };
    // As most pods have: no matter which ports it declares.
    if (known->containers.size() == 1) return runs_then(known->containers.front()) ? &known->containers.front().pod : &known->pod;
    const Container *declares = nullptr, *runs = nullptr;
    bool several_declare = false, several_run = false;
    for (const Container& container : known->containers) {
        if (!runs_then(container)) continue;
        const auto differs = [&](const Container* other) {
            return other != nullptr && other->pod.container != container.pod.container;
        };
        several_run = several_run || differs(runs);
        runs = &container;
        if (port == 0 || std::ranges::find(container.ports, port) == container.ports.end()) continue;
        several_declare = several_declare || differs(declares);
        declares = &container;
    }
    if (declares != nullptr && !several_declare) return &declares->pod;
    if (declares == nullptr && runs != nullptr && !several_run) return &runs->pod;
    return &known->pod;
}

const Pod* PodIndex::by_address(const Endpoint& endpoint, Time time) const {
    return container_at(addresses_.at(endpoint.address, time), endpoint.port, time);
}

const Pod* PodIndex::by_host_port(std::uint16_t port, Time time) const {
    return container_at(host_ports_.at(port, time), 0, time);
}

const Pod* PodIndex::by_netns(std::uint64_t inode, Time time) const { return container_at(namespaces_.at(inode, time), 0, time); }

const Pod* PodIndex::by_cgroup(std::string_view path) const {
    // On a node that is a pod itself, the outer one is not known here.
    while (const auto owner = take_cgroup_owner(path)) {
        const auto entry = known_.find(owner->uid);
        if (entry == known_.end()) continue;
        const Known& known = entry->second;
        if (known.is_doubtful) return nullptr;
        if (owner->container_id.empty()) return &known.pod;
        const auto container = std::ranges::find(known.containers, owner->container_id, &Container::id);
        return container == known.containers.end() ? &known.pod : &container->pod;  // the sandbox's is in no list
    }
    return nullptr;
}

}  // namespace podsnoop
