// What is told of pods: a list in JSON, a cgroup's path, lists that follow one another. Input: which, then its bytes.
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "attribute/cgroup_path.hpp"
#include "attribute/kubelet_pods.hpp"
#include "attribute/pod_index.hpp"
#include "attribute/pod_names.hpp"
#include "fuzz.hpp"

using namespace podsnoop;
using namespace podsnoop::fuzz;

namespace {

bool is_over(const PodRecord& pod) { return pod.phase == "Failed" || pod.phase == "Succeeded"; }

bool has(const PodRecord& pod, const Address& address) {
    return std::ranges::find(pod.addresses, address) != pod.addresses.end();
}

/// What is found is one of those that were told, and its container one of its own.
void check_found(const Pod* found, const std::vector<PodRecord>& told) {
    if (found == nullptr) return;
    must(std::ranges::any_of(
             told,
             [&](const PodRecord& pod) {
                 return pod.name == found->name && pod.namespace_name == found->namespace_name && pod.uid == found->uid &&
                        (found->container.empty() ||
                         std::ranges::find(pod.containers, found->container, &PodContainer::name) != pod.containers.end());
             }),
         "a pod that is found was told of");
}

void check_list(std::string_view text) {
    const auto parsed = parse_pods(text, PodSource::file);
    if (!parsed) {
        must(!parsed.error().why.empty(), "an error says why");
        must(std::ranges::all_of(parsed.error().line(), [](char c) { return c >= ' ' && c <= '~'; }),
             "an error repeats nothing of what was read");
        return;
    }
    for (const PodRecord& pod : *parsed) {
        must(is_pod_name(pod.name) && is_label(pod.namespace_name), "a pod has names that it can have");
        must(pod.uid.empty() || read_pod_uid(pod.uid) == pod.uid, "a uid is one");
        must(!pod.host_network || pod.addresses.empty(), "a node's address is no pod's");
        for (const PodContainer& container : pod.containers) {
            must(container.name.empty() || is_label(container.name), "a container has a name that it can have");
            must(std::ranges::find(container.ports, 0) == container.ports.end(), "no port is 0");
        }
    }
    PodIndex index;
    index.update(PodList(*parsed), Time::min());
    for (const PodRecord& pod : *parsed) {
        for (const Address& address : pod.addresses) {
            const Pod* found = index.by_address({address, 80}, pod.started);
            check_found(found, *parsed);
            must(found == nullptr ||
                     std::ranges::any_of(
                         *parsed, [&](const PodRecord& other) { return other.name == found->name && has(other, address); }),
                 "an address's pod has it");
        }
        for (const std::uint16_t port : pod.host_ports) check_found(index.by_host_port(port, pod.started), *parsed);
        for (const PodContainer& container : pod.containers) {
            const Pod* found = index.by_cgroup("/kubepods/pod" + pod.uid + "/" + container.id);
            check_found(found, *parsed);
            must(found == nullptr || found->uid == pod.uid, "a cgroup's pod has its uid");
        }
    }
}

void check_owner(const CgroupOwner& owner, std::string_view path) {
    must(read_pod_uid(owner.uid) == owner.uid, "a uid is one");
    must(owner.container_id.empty() || is_container_id(owner.container_id), "a container's id is one");
    std::string dashed(path);
    std::ranges::replace(dashed, '_', '-');
    must(dashed.find("pod" + owner.uid) != std::string::npos, "a uid stands in the path");
    must(path.find(owner.container_id) != std::string_view::npos, "a container's id stands in the path");
}

void check_cgroup(std::string_view text) {
    const std::string_view chosen = cgroup_of(text);
    must(chosen.empty() || (chosen.starts_with('/') && text.find(chosen) != std::string_view::npos),
         "a cgroup is told in the file");
    must(chosen.find('\n') == std::string_view::npos, "a cgroup is of one line");

    for (std::string_view rest = text; const auto owner = take_cgroup_owner(rest);) check_owner(*owner, text);
    const auto owner = read_cgroup_path(text);
    const auto below = read_cgroup_path("/docker/" + std::string(text.starts_with('/') ? text.substr(1) : text));
    must(owner.has_value() == below.has_value() && (!owner || (owner->uid == below->uid)),
         "what stands above a pod does not matter");
    if (!owner || owner->container_id.empty()) return;
    const auto deeper = read_cgroup_path(std::string(text) + "/init.scope");
    must(text.ends_with(" (deleted)") || (deeper && deeper->container_id == owner->container_id),
         "what stands below a container does not matter");
}

/// Few pods and addresses, so that they meet.
PodRecord make_record(Cursor& input) {
    const std::uint8_t who = input.u8(), where = input.u8(), how = input.u8();
    PodRecord pod;
    pod.namespace_name = "shop";
    pod.name = "pod-" + std::to_string(who % 6);
    pod.uid = "290e9c6805d91ae2aaf99c220f5e68e" + std::to_string(who % 6);
    for (std::uint8_t i = 0; i < 3; ++i)
        if ((where & 1U << i) != 0) {
            pod.addresses.push_back(parse_address("10.244.0." + std::to_string(i + 1)).value());
            pod.netns = i + 1U;
        }
    pod.phase = how % 8 == 7 ? "Succeeded" : "Running";
    pod.terminating = (how & 0x10) != 0;
    pod.host_network = (how & 0xe0) == 0xe0;
    if ((who & 0x40) != 0) pod.host_ports = {8080};
    pod.containers = {{.name = "app", .id = std::string(63, 'a') + std::to_string(who % 6), .ports = {80}}};
    if ((how & 8) != 0) pod.containers.push_back({.name = "side", .id = {}, .ports = {}, .ended = (where & 8) != 0});
    return pod;
}

/// Updates in order of time, then asks for the times of them. There, what one pod has that is not terminating is its,
/// what two have is nobody's, and so is what nobody has.
void check_updates(Cursor input) {
    PodIndex index;
    std::vector<PodRecord> told;
    std::map<Time, std::vector<PodRecord>> updates;
    std::map<std::string, PodRecord> latest;  // by uid
    Time now(std::chrono::hours(500'000));
    for (int round = 0; round < 40 && input.remaining() > 0; ++round) {
        const std::uint8_t head = input.u8();
        now += std::chrono::seconds(1 + head % 32);
        std::vector<PodRecord> records;
        for (int i = 0; i < head / 32 && input.remaining() > 0; ++i) {
            PodRecord record = make_record(input);
            if (std::ranges::find(records, record.uid, &PodRecord::uid) != records.end()) continue;
            // What is on its way out does not come back.
            const PodRecord& before = latest.emplace(record.uid, record).first->second;
            record.terminating = record.terminating || before.terminating;
            if (is_over(before)) record.phase = before.phase;
            latest[record.uid] = record;
            records.push_back(std::move(record));
        }
        told.insert(told.end(), records.begin(), records.end());
        updates.emplace(now, records);
        index.update(PodList(std::move(records)), now);
    }
    // What is settled stays so.
    const Time settled = index.settled() + Nanoseconds{1}, much_later = now + std::chrono::hours(1000);
    must(index.by_host_port(8080, settled) == index.by_host_port(8080, much_later), "a port of the node is settled");
    for (unsigned i = 1; i <= 3; ++i) {
        const Endpoint end{parse_address("10.244.0." + std::to_string(i)).value(), 80};
        must(index.by_address(end, settled) == index.by_address(end, much_later), "an address is settled");
        must(index.by_netns(i, settled) == index.by_netns(i, much_later), "a namespace is settled");
    }
    for (const auto& [time, records] : updates) {
        if (now - time > grace) continue;
        for (unsigned i = 1; i <= 3; ++i) {
            const Address address = parse_address("10.244.0." + std::to_string(i)).value();
            const PodRecord* alone = nullptr;
            std::size_t alive = 0, naming = 0;
            for (const PodRecord& pod : records) {
                if (pod.host_network || is_over(pod) || !has(pod, address)) continue;
                ++naming;
                if (pod.terminating) continue;
                ++alive;
                alone = &pod;
            }
            const Pod* found = index.by_address({address, 80}, time);
            check_found(found, told);
            check_found(index.by_address({address, 81}, time - std::chrono::milliseconds(500)), told);
            check_found(index.by_netns(i, time), told);
            must(naming > 0 || found == nullptr, "what nobody has is nobody's");
            must(alive < 2 || found == nullptr, "what two have is nobody's");
            must(alive != 1 || (found != nullptr && found->uid == alone->uid), "what one has is its");
        }
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    Cursor input(input_bytes(data, size));
    const std::uint8_t which = input.u8();
    switch (which) {
        case 'c': check_cgroup(as_text(input.rest())); break;
        case 'u': check_updates(input); break;
        default: check_list(as_text(input.rest())); break;
    }
    return 0;
}
