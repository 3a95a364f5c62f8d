#include "attribute/pod_item.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <string_view>
#include <utility>

#include "attribute/pod_names.hpp"
#include "base/letters.hpp"

namespace podsnoop {

namespace {

/// Reads metav1.Time, "2026-11-21T03:53:52Z": UTC in whole seconds. 1970 where it is none.
Time read_time(std::string_view text) {
    constexpr std::string_view shape = "0000-00-00T00:00:00Z";
    if (text.size() != shape.size()) return {};
    for (std::size_t i = 0; i < shape.size(); ++i)
        if (shape[i] == '0' ? !is_digit(text[i]) : text[i] != shape[i]) return {};
    const auto number = [&](std::size_t at, std::size_t digits) {
        int value = 0;
        for (const char c : text.substr(at, digits)) value = value * 10 + (c - '0');
        return value;
    };
    const std::chrono::year_month_day date{std::chrono::year(number(0, 4)),
                                           std::chrono::month(static_cast<unsigned>(number(5, 2))),
                                           std::chrono::day(static_cast<unsigned>(number(8, 2)))};
    // Nanoseconds in 64 bits end in 2262.
    if (!date.ok() || number(0, 4) < 1970 || number(0, 4) > 2200) return {};
    return std::chrono::sys_days(date) + std::chrono::hours(number(11, 2)) + std::chrono::minutes(number(14, 2)) +
           std::chrono::seconds(number(17, 2));
}

std::string_view known_phase(std::string_view phase) {
    constexpr std::array<std::string_view, 5> phases{"Pending", "Running", "Succeeded", "Failed", "Unknown"};
    return std::ranges::find(phases, phase) == phases.end() ? std::string_view() : phase;
}

/// "containerd://ID" or "ID". Old and test runtimes have ids that are not 64 hex digits; letters and digits they are.
std::string read_container_id(std::string_view text) {
    if (const std::size_t scheme = text.find("://"); scheme != std::string_view::npos) text.remove_prefix(scheme + 3);
    const bool plain = std::ranges::all_of(text, [](char c) {
        return is_digit(c) || (to_lower(c) >= 'a' && to_lower(c) <= 'z') || c == '-' || c == '_' || c == '.';
    });
    return plain && text.size() <= 128 ? std::string(text) : std::string();
}

/// Of a mirror pod, which stands in the API server for a static one, the static one's: that names cgroups and logs.
std::string read_uid(const PodItem& item) {
    if (auto uid = read_pod_uid(item.mirror); uid && item.mirror.size() == 32) return std::move(*uid);
    return read_pod_uid(item.uid).value_or(std::string());
}

/// Init containers with restartPolicy Always ("sidecars", from 1.28 on) run as long as the pod does, and one that failed is
/// started again.
bool has_ended(const PodItem::Status& status, std::string_view restart_policy) {
    switch (status.kind) {
        case PodItem::Kind::regular: return false;
        case PodItem::Kind::init: return status.terminated && !status.failed && restart_policy != "Always";
        case PodItem::Kind::ephemeral: return status.terminated;
    }
    return false;
}

PodContainer make_container(const PodItem::Declared& declared, const PodItem::Status* status) {
    PodContainer container;
    if (is_label(declared.name)) container.name = declared.name;
    for (const PodItem::Port& port : declared.ports)
        if (port.container != 0 && (port.protocol.empty() || port.protocol == "TCP")) container.ports.push_back(port.container);
    if (status != nullptr) {
        container.id = read_container_id(status->container_id);
        container.ended = has_ended(*status, declared.restart_policy);
    }
    return container;
}

/// Those declared, in the order of the spec, then those that only the status tells of.
std::vector<PodContainer> make_containers(const PodItem& item) {
    std::vector<PodContainer> containers;
    const auto is_of = [](const auto& a) { return [&a](const auto& b) { return a.kind == b.kind && a.name == b.name; }; };
    for (const PodItem::Declared& declared : item.containers) {
        const auto status = std::ranges::find_if(item.statuses, is_of(declared));
        containers.push_back(make_container(declared, status == item.statuses.end() ? nullptr : &*status));
    }
    for (const PodItem::Status& status : item.statuses)
        if (std::ranges::none_of(item.containers, is_of(status)))
            containers.push_back(make_container({status.kind, status.name, {}, {}}, &status));
    return containers;
}

std::vector<Address> read_addresses(const PodItem& item) {
    std::vector<Address> addresses;
    const auto add = [&](const std::string& text) {
        const auto address = parse_address(text);
        if (address && std::ranges::find(addresses, *address) == addresses.end()) addresses.push_back(*address);
    };
    add(item.pod_ip);
    for (const std::string& text : item.pod_ips) add(text);
    return addresses;
}

/// When the last container ended, where all are known to have.
Time read_finished(const PodItem& item) {
    Time last{};
    for (const PodItem::Status& status : item.statuses) {
        const Time finished = read_time(status.finished_at);
        if (status.kind == PodItem::Kind::regular && (!status.terminated || finished == Time{})) return {};
        last = std::max(last, finished);
    }
    return last;
}

}  // namespace

std::optional<PodRecord> make_pod(PodItem item, PodSource source) {
    if (!item.kind.empty() && item.kind != "Pod") return std::nullopt;
    if (!is_pod_name(item.name) || !is_label(item.namespace_name)) return std::nullopt;
    PodRecord pod;
    pod.uid = read_uid(item);
    pod.phase = known_phase(item.phase);
    pod.host_network = item.host_network;
    pod.terminating = !item.deletion_timestamp.empty();
    // hostNetwork: these are its node's.
    if (!item.host_network) pod.addresses = read_addresses(item);
    for (const PodItem::Declared& declared : item.containers)
        for (const PodItem::Port& port : declared.ports)
            if (port.host != 0 && (port.protocol.empty() || port.protocol == "TCP")) pod.host_ports.push_back(port.host);
    pod.containers = make_containers(item);
    pod.started = read_time(item.start_time);
    if (pod.phase == "Failed" || pod.phase == "Succeeded") pod.finished = read_finished(item);
    pod.namespace_name = std::move(item.namespace_name);
    pod.name = std::move(item.name);
    pod.source = source;
    return pod;
}

}  // namespace podsnoop
