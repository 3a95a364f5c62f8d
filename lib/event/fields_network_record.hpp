// The fields that all records of the network have: who, and where it was seen.
#pragma once

#include <cstdint>
#include <string_view>

#include "event/fields.hpp"
#include "event/network_record.hpp"

namespace podsnoop {

template <class Visitor>
void visit_fields(const Pod& pod, Visitor& visitor) {
    visit_repeated(visitor, Identified::pod, pod.identity, [&](auto& v) {
        v.field("namespace"_key, {.doc = "the pod's namespace", .series = true}, std::string_view(pod.namespace_name));
        v.field("name"_key, {.doc = "the pod's name", .series = true}, std::string_view(pod.name));
        v.field("uid"_key, {.doc = "the pod's UID", .null = "unknown"}, known(pod.uid));
        v.field("container"_key, {.doc = "the container's name", .null = "unknown", .series = true}, known(pod.container));
    });
}

/// `few`: it is one of few by its address and port, as servers are; clients come from anywhere.
template <class Visitor>
void visit_fields(const Peer& peer, bool few, Visitor& v) {
    v.field("address"_key, {.doc = "IPv4 or IPv6 address", .null = "unknown", .series = few}, peer.endpoint.address);
    v.field("port"_key, {.doc = "TCP port", .series = few}, std::uint64_t{peer.endpoint.port});
    static const Pod no_pod;
    v.object("pod"_key, {.doc = "the pod the address belongs to", .null = "no pod of this node, or unknown"}, peer.pod != nullptr,
             [&] { visit_fields(peer.pod != nullptr ? *peer.pod : no_pod, v); });
    v.field("comm"_key,
            {.doc = "process that owns the socket, where it is in no pod", .null = "in a pod, or unknown", .series = true},
            known(peer.comm));
}

template <class Visitor>
void visit_fields(const Service& service, Visitor& v) {
    v.field("address"_key, {.doc = "the Service's address", .null = "unknown"}, service.endpoint.address);
    v.field("port"_key, {.doc = "the Service's port"}, std::uint64_t{service.endpoint.port});
    v.field("name"_key, {.doc = "namespace/name:port-name", .null = "unknown", .series = true}, known(service.name));
}

/// Where it was seen, and between whom.
template <class Visitor>
void visit_network_record(const NetworkRecord& c, Visitor& visitor) {
    visit_repeated(visitor, Identified::connection, c.identity, [&](auto& v) {
        v.field("side"_key, {.doc = "where it was seen: client, server or between", .null = "unknown"}, word(c.side));
        v.field("interface"_key, {.doc = "network interface", .null = "unknown"}, known(c.interface));
        v.field("netns"_key, {.doc = "inode of the network namespace", .null = "unknown"}, known(c.netns));
        v.object("client"_key, {.doc = "who asked"}, true, [&] { visit_fields(c.client, false, v); });
        v.object("server"_key, {.doc = "who was asked, and answered"}, true, [&] { visit_fields(c.server, true, v); });
        static const Service no_service;
        v.object("service"_key, {.doc = "the Service whose address the client called", .null = "none, or unknown"},
                 c.service.has_value(), [&] { visit_fields(c.service ? *c.service : no_service, v); });
    });
}

}  // namespace podsnoop
