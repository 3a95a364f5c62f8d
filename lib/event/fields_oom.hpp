// The fields of an oom record, and the columns in which people read it.
#pragma once

#include "event/columns.hpp"
#include "event/fields.hpp"
#include "event/fields_network_record.hpp"
#include "event/oom.hpp"

namespace podsnoop {

template <class Visitor>
void visit_pod(const Pod* pod, std::string_view doc, Visitor& v) {
    static const Pod no_pod;
    v.object("pod"_key, {.doc = doc, .null = "no pod of this node, or unknown"}, pod != nullptr,
             [&] { visit_fields(pod != nullptr ? *pod : no_pod, v); });
}

template <class Visitor>
void visit_task(const OomTask& task, Visitor& v) {
    v.field("pid"_key,
            {.doc = "process id in the initial pid namespace; a trigger's may be that of a thread where the source is tracepoint "
                    "or kmsg",
             .null = "unknown"},
            known(task.pid));
    v.field("comm"_key, {.doc = "the process's name", .null = "unknown", .series = true}, known(task.comm));
}

template <class Visitor>
void visit_fields(const OomKill& kill, Visitor& v) {
    constexpr std::string_view bytes = "bytes", untold = "not told by this source";
    const OomVictim& victim = kill.victim;
    v.field("type"_key, {.doc = "always oom"}, Word{"oom"});
    v.field("time"_key, {.doc = "when the kernel decided to kill; the same for all victims of a group"}, kill.time);
    v.object("victim"_key, {.doc = "who was killed"}, true, [&] {
        visit_task(victim, v);
        v.field("uid"_key, {.doc = "user id in the initial user namespace", .null = untold}, known(victim.uid));
        v.field("cgroup"_key, {.doc = "its cgroup, as the memory controller has it", .null = "unknown"}, known(victim.cgroup));
        visit_pod(victim.pod, "the pod it belonged to", v);
        v.field("total_vm_bytes"_key, {.doc = "address space", .unit = bytes, .null = untold}, victim.total_vm_bytes);
        v.field("anon_rss_bytes"_key, {.doc = "resident, anonymous", .unit = bytes, .null = untold}, victim.anon_rss_bytes);
        v.field("file_rss_bytes"_key, {.doc = "resident, of files", .unit = bytes, .null = untold}, victim.file_rss_bytes);
        v.field("shmem_rss_bytes"_key, {.doc = "resident, shared memory", .unit = bytes, .null = untold}, victim.shmem_rss_bytes);
        v.field("pgtables_bytes"_key, {.doc = "page tables", .unit = bytes, .null = untold}, victim.pgtables_bytes);
        v.field("oom_score_adj"_key, {.doc = "its oom_score_adj, -1000 to 1000", .null = untold},
                victim.oom_score_adj ? std::optional<std::int64_t>(*victim.oom_score_adj) : std::nullopt);
    });
    v.object("trigger"_key, {.doc = "who asked for memory when there was none"}, true, [&] {
        visit_task(kill.trigger, v);
        v.field("cgroup"_key, {.doc = "its cgroup, as the memory controller has it", .null = "unknown"},
                known(kill.trigger.cgroup));
        visit_pod(kill.trigger.pod, "the pod it belongs to", v);
    });
    v.field("scope"_key, {.doc = "where memory ran out: cgroup or node", .null = untold}, word(kill.scope));
    static const OomLimit no_limit;
    const OomLimit& limit = kill.limit ? *kill.limit : no_limit;
    v.object("limit"_key, {.doc = "the limit that was hit", .null = "not a cgroup's, or not told by this source"},
             kill.limit.has_value(), [&] {
                 v.field("cgroup"_key, {.doc = "the cgroup it is set on", .null = "unknown"}, known(limit.cgroup));
                 visit_pod(limit.pod, "the pod this cgroup is of; without container where it is the pod's own", v);
                 v.field("bytes"_key, {.doc = "the limit", .unit = bytes, .null = untold}, limit.bytes);
                 v.field("usage_bytes"_key, {.doc = "charged to the cgroup before the kill", .unit = bytes, .null = untold},
                         limit.usage_bytes);
             });
    v.field("group"_key,
            {.doc = "the cgroup that was killed as a whole (memory.oom.group); its victims have the same time",
             .null = "one process was killed"},
            known(kill.group));
    v.field("source"_key, {.doc = "kprobe, fentry, tracepoint or kmsg"}, word(kill.source));
}

/// Whose limit it was, in a word: of a pod's own cgroup and its containers' the paths differ far to the right only.
inline std::string_view shown_scope(const OomKill& kill) {
    if (!kill.limit || kill.limit->pod == nullptr) return name_of(kill.scope);
    return kill.limit->pod->container.empty() ? "pod" : "container";
}

/// The columns, from left to right.
template <class Visitor>
void visit_columns(const OomKill& kill, Visitor& v) {
    using enum Column::Shown;
    constexpr unsigned nothing = 0;
    const OomVictim& victim = kill.victim;
    const auto limit = kill.limit ? kill.limit->bytes : std::nullopt;
    v.column({"TIME", table, 3, 8, 12, 12, 4, nothing, false}, Clock{kill.time});
    v.column({"VICTIM", table, 1, 15, 28, 50, 1, nothing, false}, TaskName{victim.pod, victim.comm});
    v.column({"COMM", table, 5, 10, 15, 15, 1, 8, false}, std::string_view(victim.comm));
    v.column({"PID", table, 4, 7, 7, 7, 1, 8, true}, known(victim.pid));
    v.column({"ANON", table, 2, 5, 5, 5, 1, nothing, true}, Size{victim.anon_rss_bytes});
    v.column({"FILE", wide, 8, 5, 5, 5, 1, 16, true}, Size{victim.file_rss_bytes});
    v.column({"SHMEM", wide, 9, 5, 5, 5, 1, 16, true}, Size{victim.shmem_rss_bytes});
    v.column({"VM", wide, 10, 5, 5, 5, 1, 16, true}, Size{victim.total_vm_bytes});
    v.column({"LIMIT", table, 6, 5, 5, 5, 1, 8, true}, Size{limit});
    v.column({"TRIGGER", wide, 11, 15, 28, 50, 1, 16, false}, TaskName{kill.trigger.pod, kill.trigger.comm});
    v.column({"SOURCE", wide, 12, 10, 10, 10, 1, 16, false}, Word{name_of(kill.source)});
    v.column({"SCOPE", table, 7, 9, 9, 9, 1, 8, false}, Word{shown_scope(kill)});
    v.column({"CGROUP", table, 0, 1, 20, 20, 1, nothing, false},
             std::string_view(kill.limit ? kill.limit->cgroup : victim.cgroup));
}

}  // namespace podsnoop
