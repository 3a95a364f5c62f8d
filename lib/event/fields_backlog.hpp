// The fields of backlog and listener records, and the columns in which people read them.
#pragma once

#include "event/backlog.hpp"
#include "event/columns.hpp"
#include "event/fields.hpp"
#include "event/fields_network_record.hpp"

namespace podsnoop {

template <class Visitor>
void visit_fields(const Listener& listener, Visitor& v) {
    static const Pod no_pod;
    v.field("address"_key, {.doc = "the address it is bound to; 0.0.0.0 or :: for all", .null = "unknown", .series = true},
            listener.endpoint.address);
    v.field("port"_key, {.doc = "TCP port", .null = "unknown", .series = true}, known(listener.endpoint.port));
    v.field("netns"_key, {.doc = "inode of its network namespace", .null = "unknown"}, known(listener.netns));
    v.field("cgroup"_key, {.doc = "the cgroup (version 2) it was made in", .null = "unknown, or the root"},
            known(listener.cgroup));
    v.object("pod"_key, {.doc = "the pod it belongs to", .null = "no pod of this node, or unknown"}, listener.pod != nullptr,
             [&] { visit_fields(listener.pod != nullptr ? *listener.pod : no_pod, v); });
    v.field("pid"_key, {.doc = "process that holds it", .null = "unknown"}, known(listener.pid));
    v.field("comm"_key, {.doc = "that process's name", .null = "unknown", .series = true}, known(listener.comm));
}

template <class Visitor>
void visit_fields(const BacklogOverflow& overflow, Visitor& v) {
    v.field("type"_key, {.doc = "always backlog"}, Word{"backlog"});
    v.field("time"_key, {.doc = "of the last overflow counted"}, overflow.time);
    v.object("listener"_key, {.doc = "whose queue it is"}, true, [&] { visit_fields(overflow.listener, v); });
    v.object("queue"_key, {.doc = "the queue, at the last overflow counted"}, true, [&] {
        v.field("name"_key, {.doc = "accept, or (with --syn) syn: connections half open"}, word(overflow.queue));
        v.field("length"_key, {.doc = "connections in it", .null = "not told by this source"}, known(overflow.length));
        v.field("limit"_key, {.doc = "connections it is meant for", .null = "not told by this source"}, known(overflow.limit));
    });
    v.field("stage"_key,
            {.doc = "which packet was dropped: syn, or ack, after which the client believes it is connected",
             .null = "not told by this source"},
            word(overflow.stage));
    v.field("cookie"_key, {.doc = "whether the SYN was answered all the same, by a SYN cookie"}, overflow.cookie);
    v.object("client"_key, {.doc = "who sent the last one", .null = "not told by this source"},
             overflow.client.address.family != 0, [&] {
                 v.field("address"_key, {.doc = "IPv4 or IPv6 address"}, overflow.client.address);
                 v.field("port"_key, {.doc = "TCP port"}, std::uint64_t{overflow.client.port});
             });
    v.field("count"_key, {.doc = "overflows since the previous record of this listener, queue and stage"}, overflow.count);
    v.field("source"_key, {.doc = "kprobe, fentry or netstat"}, word(overflow.source));
}

template <class Visitor>
void visit_fields(const ListenerState& state, Visitor& v) {
    v.field("type"_key, {.doc = "always listener"}, Word{"listener"});
    v.field("time"_key, {.doc = "when the kernel was asked"}, state.time);
    v.object("listener"_key, {.doc = "whose queue it is"}, true, [&] { visit_fields(state.listener, v); });
    v.object("queue"_key, {.doc = "its queue of connections that wait to be accepted"}, true, [&] {
        v.field("length"_key, {.doc = "connections in it"}, std::uint64_t{state.length});
        v.field("limit"_key, {.doc = "connections it is meant for", .null = "the kernel does not tell"}, known(state.limit));
    });
    v.field("namespace_overflows"_key,
            {.doc = "ListenOverflows of its network namespace since that was made, of all its listeners", .null = "unknown"},
            state.namespace_overflows);
}

/// The columns, from left to right.
template <class Visitor>
void visit_columns(const BacklogOverflow& overflow, Visitor& v) {
    using enum Column::Shown;
    constexpr unsigned nothing = 0;
    const Peer listener{.endpoint = overflow.listener.endpoint, .pod = overflow.listener.pod, .comm = {}};
    const Peer client{.endpoint = overflow.client, .pod = nullptr, .comm = {}};
    v.column({"TIME", table, 4, 8, 12, 12, 4, nothing, false}, Clock{overflow.time});
    v.column({"LISTENER", table, 1, 20, 28, 50, 1, nothing, false}, PeerName{listener, true});
    v.column({"COMM", table, 6, 10, 15, 15, 1, 8, false}, std::string_view(overflow.listener.comm));
    v.column({"PID", wide, 8, 7, 7, 7, 1, 8, true}, known(overflow.listener.pid));
    v.column({"QUEUE", wide, 9, 6, 6, 6, 1, 8, false}, Word{name_of(overflow.queue)});
    v.column({"STAGE", table, 7, 5, 5, 5, 1, 8, false}, Word{name_of(overflow.stage)});
    v.column({"LENGTH", table, 3, 6, 6, 6, 1, nothing, true}, known(overflow.length));
    v.column({"LIMIT", table, 5, 5, 5, 5, 1, 8, true}, known(overflow.limit));
    v.column({"COUNT", table, 2, 7, 7, 7, 1, nothing, true}, std::optional<std::uint64_t>(overflow.count));
    v.column({"NETNS", wide, 10, 10, 10, 10, 1, 8, true}, known(overflow.listener.netns));
    v.column({"SOURCE", wide, 11, 7, 7, 7, 1, 8, false}, Word{name_of(overflow.source)});
    v.column({"CLIENT", table, 0, 1, 15, 15, 1, nothing, false}, PeerName{client, false});
}

template <class Visitor>
void visit_columns(const ListenerState& state, Visitor& v) {
    using enum Column::Shown;
    constexpr unsigned nothing = 0;
    const Peer listener{.endpoint = state.listener.endpoint, .pod = state.listener.pod, .comm = {}};
    v.column({"LISTENER", table, 1, 20, 28, 50, 1, nothing, false}, PeerName{listener, true});
    v.column({"PID", table, 5, 7, 7, 7, 1, 8, true}, known(state.listener.pid));
    v.column({"LENGTH", table, 2, 6, 6, 6, 1, nothing, true}, std::optional<std::uint64_t>(state.length));
    v.column({"LIMIT", table, 3, 6, 6, 6, 1, nothing, true}, known(state.limit));
    v.column({"OVERFLOWS", table, 4, 9, 9, 9, 1, 8, true}, state.namespace_overflows);
    v.column({"NETNS", table, 6, 10, 10, 10, 1, 8, true}, known(state.listener.netns));
    v.column({"COMM", table, 0, 1, 15, 15, 1, nothing, false}, std::string_view(state.listener.comm));
}

}  // namespace podsnoop
