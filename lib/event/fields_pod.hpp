// The fields of a pod record, and the columns in which people read it.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "event/columns.hpp"
#include "event/fields.hpp"
#include "event/pod.hpp"

namespace podsnoop {

template <class Visitor>
void visit_fields(const PodRecord& pod, Visitor& v) {
    v.field("type"_key, {.doc = "always pod"}, Word{"pod"});
    v.field("namespace"_key, {.doc = "its namespace", .series = true}, std::string_view(pod.namespace_name));
    v.field("name"_key, {.doc = "its name", .series = true}, std::string_view(pod.name));
    v.field("uid"_key, {.doc = "its UID; of a static pod the 32 hex digits its cgroup is named by", .null = "unknown"},
            known(pod.uid));
    v.field("phase"_key,
            {.doc = "Pending, Running, Succeeded, Failed or Unknown", .null = "no kubelet told, and none of its containers runs"},
            known(pod.phase));
    v.field("host_network"_key, {.doc = "whether it uses the node's network"}, pod.host_network);
    v.field("addresses"_key, {.doc = "its own addresses"}, std::span<const Address>(pod.addresses));
    v.field("netns"_key, {.doc = "inode of its network namespace", .null = "unknown"}, known(pod.netns));
    v.field("cgroup"_key, {.doc = "its cgroup, below the mount", .null = "unknown"}, known(pod.cgroup));
    v.field("interface"_key, {.doc = "the node's end of its veth", .null = "none, or unknown"}, known(pod.interface));
    v.list("containers"_key, {.doc = "its containers"}, pod.containers, [&](const PodContainer& container) {
        v.field("name"_key, {.doc = "its name", .null = "unknown"}, known(container.name));
        v.field("id"_key, {.doc = "the runtime's id, without its scheme", .null = "none yet"}, known(container.id));
        v.field("pid"_key, {.doc = "its first process", .null = "none, or unknown"}, known(std::uint64_t{container.pid}));
    });
    v.field("source"_key, {.doc = "where its name is from: kubelet, node-files or file"}, word(pod.source));
}

/// One text of each container, joined by commas.
template <class Text>
std::string join_containers(const PodRecord& pod, Text text_of) {
    std::string joined;
    for (const PodContainer& container : pod.containers) {
        if (!joined.empty()) joined += ',';
        const std::string text = text_of(container);
        joined += text.empty() ? "-" : text;
    }
    return joined;
}

/// The columns, from left to right. On a terminal of 80 an IPv4 address, and a veth's name as CNI makes them, are whole;
/// the namespace's inode goes first.
template <class Visitor>
void visit_columns(const PodRecord& pod, Visitor& v) {
    using enum Column::Shown;
    constexpr unsigned nothing = 0;
    const std::string containers = join_containers(pod, [](const PodContainer& c) { return c.name; });
    const std::string pids =
        join_containers(pod, [](const PodContainer& c) { return c.pid == 0 ? std::string() : std::to_string(c.pid); });
    v.column({"NAMESPACE", table, 2, 9, 12, 30, 1, nothing, false}, std::string_view(pod.namespace_name));
    v.column({"NAME", table, 1, 16, 30, 60, 1, nothing, false}, std::string_view(pod.name));
    v.column({"PHASE", table, 4, 7, 9, 11, 1, nothing, false}, std::string_view(pod.terminating ? "Terminating" : pod.phase));
    constexpr Column addresses{"ADDRESSES", table, 3, 15, 15, 40, 1, nothing, false};
    if (pod.host_network) v.column(addresses, Word{"(node's)"});
    else v.column(addresses, std::span<const Address>(pod.addresses));
    v.column({"INTERFACE", table, 5, 12, 12, 15, 1, nothing, false}, std::string_view(pod.interface));
    v.column({"NETNS", table, 6, 10, 10, 10, 1, 10, false}, known(pod.netns));
    v.column({"PIDS", wide, 7, 7, 10, 30, 1, 16, false}, std::string_view(pids));
    v.column({"UID", wide, 8, 36, 36, 36, 1, 16, false}, std::string_view(pod.uid));
    v.column({"CGROUP", wide, 9, 30, 60, 100, 1, 16, false}, std::string_view(pod.cgroup));
    v.column({"SOURCE", wide, 10, 10, 10, 10, 1, 16, false}, Word{name_of(pod.source)});
    v.column({"CONTAINERS", table, 0, 1, 20, 20, 1, nothing, false}, std::string_view(containers));
}

}  // namespace podsnoop
