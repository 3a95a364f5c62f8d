// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * OOM kills: who was killed, on whose request for memory, and whose limit was hit.
 *
 * oom_kill_process() knows why, the tracepoint mark_victim tells of each victim: once, whereas memory.oom.group makes
 * the kernel go over the first victim again. The first leaves what it knows for the second; the kernel's oom_lock lets
 * only one task at a time be in between. Where oom_kill_process() cannot be probed, the tracepoint still tells
 * of the victim.
 */
#include "kernel.bpf.h"
#include "oom.h"

/* Set before loading. */
const volatile __u8 has_reason;     /* the programs on oom_kill_process() and oom_kill_memcg_member() are in use */
const volatile __u8 victim_is_task; /* mark_victim passes the task; 72ba14deb40a, Linux 6.8; before, its pid */

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, OOM_RING_BYTES);
} events SEC(".maps");

__u64 lost; /* victims the ring had no room for */

/* The kill under way. */
static struct {
    u64 time;
    u64 limit_pages, usage_pages;
    struct task_struct *victim; /* told to be killed, not yet marked */
    struct cgroup *limit;       /* null: the node's memory */
    struct cgroup *group;
    u32 tid; /* of the task that kills */
} kill;

/* The highest cgroup between the victim's and the one out of memory that has memory.oom.group set: as
 * mem_cgroup_get_oom_group() has it. Version 1 knows no groups and leaves the flag alone. */
static __always_inline struct cgroup *oom_group_of(struct task_struct *victim, struct mem_cgroup *domain)
{
    struct css_set *set = BPF_CORE_READ(victim, cgroups);
    struct cgroup_subsys_state *state = 0, *parent;
    struct cgroup *group = 0;
    struct mem_cgroup *memcg;
    u64 index;

    if (!bpf_core_enum_value_exists(enum cgroup_subsys_id, memory_cgrp_id))
        return 0;
    index = bpf_core_enum_value(enum cgroup_subsys_id, memory_cgrp_id);
    if (index < 16)
        bpf_core_read(&state, sizeof(state), &set->subsys[0] + index);
    for (int depth = 0; depth < CGROUP_PATH_DEPTH && state; depth++) {
        memcg = (void *)state - bpf_core_field_offset(memcg->css);
        parent = BPF_CORE_READ(state, parent);
        if (parent && BPF_CORE_READ(memcg, oom_group)) /* the root has no such file */
            group = BPF_CORE_READ(state, cgroup);
        if (memcg == domain)
            break;
        state = parent;
    }
    return group;
}

static __always_inline int decided(struct oom_control *oc)
{
    struct task_struct *victim = BPF_CORE_READ(oc, chosen);
    struct mem_cgroup *memcg = BPF_CORE_READ(oc, memcg);

    kill.tid = (u32)bpf_get_current_pid_tgid();
    kill.victim = 0;
    /* One that is dying anyway is marked so that it may die sooner, but not killed: task_will_free_mem(). */
    if (BPF_CORE_READ(victim, signal, flags) & SIGNAL_GROUP_EXIT)
        return 0;
    kill.time = bpf_ktime_get_boot_ns();
    kill.limit = 0;
    if (memcg) {
        kill.limit = BPF_CORE_READ(memcg, css.cgroup);
        kill.limit_pages = BPF_CORE_READ(memcg, memory.max);
        kill.usage_pages = BPF_CORE_READ(memcg, memory.usage.counter);
    }
    kill.group = oom_group_of(victim, memcg);
    kill.victim = victim;
    return 0;
}

static __always_inline int one_of_group(struct task_struct *victim)
{
    if (kill.tid == (u32)bpf_get_current_pid_tgid())
        kill.victim = victim;
    return 0;
}

static __always_inline void read_memory(struct task_struct *task, struct oom_event *event)
{
    struct mm_struct *mm = BPF_CORE_READ(task, mm);
    struct mm_struct___before_6_2 *older = (void *)mm;

    event->total_vm_pages = event->pgtables_bytes = 0;
    event->anon_pages = event->file_pages = event->shmem_pages = -1;
    if (!mm)
        return;
    event->total_vm_pages = BPF_CORE_READ(mm, total_vm);
    event->pgtables_bytes = BPF_CORE_READ(mm, pgtables_bytes.counter);
    if (bpf_core_type_exists(struct mm_rss_stat)) {
        event->anon_pages = BPF_CORE_READ(older, rss_stat.count[MM_ANONPAGES].counter);
        event->file_pages = BPF_CORE_READ(older, rss_stat.count[MM_FILEPAGES].counter);
        event->shmem_pages = BPF_CORE_READ(older, rss_stat.count[MM_SHMEMPAGES].counter);
    } else {
        event->anon_pages = BPF_CORE_READ(mm, rss_stat[MM_ANONPAGES].count);
        event->file_pages = BPF_CORE_READ(mm, rss_stat[MM_FILEPAGES].count);
        event->shmem_pages = BPF_CORE_READ(mm, rss_stat[MM_SHMEMPAGES].count);
    }
    /* Each CPU may hold back a few, so that a small count can be below zero, which the kernel shows as 0 too. */
    if (event->anon_pages < 0)
        event->anon_pages = 0;
    if (event->file_pages < 0)
        event->file_pages = 0;
    if (event->shmem_pages < 0)
        event->shmem_pages = 0;
}

static __always_inline int tell(struct task_struct *victim)
{
    struct task_struct *trigger = (void *)bpf_get_current_task();
    struct oom_event *event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);

    if (!event) {
        __sync_fetch_and_add(&lost, 1);
        return 0;
    }
    event->time = has_reason ? kill.time : bpf_ktime_get_boot_ns();
    event->victim_pid = BPF_CORE_READ(victim, tgid);
    event->victim_uid = BPF_CORE_READ(victim, real_cred, uid.val);
    event->oom_score_adj = BPF_CORE_READ(victim, signal, oom_score_adj);
    bpf_core_read(event->victim_comm, sizeof(event->victim_comm), &victim->comm);
    read_memory(victim, event);
    read_cgroup_path(memory_cgroup_of(victim), &event->victim_cgroup);
    event->trigger_pid = bpf_get_current_pid_tgid() >> 32;
    bpf_core_read(event->trigger_comm, sizeof(event->trigger_comm), &trigger->comm);
    read_cgroup_path(memory_cgroup_of(trigger), &event->trigger_cgroup);
    event->scope = !has_reason ? OOM_SCOPE_UNKNOWN : kill.limit ? OOM_SCOPE_CGROUP : OOM_SCOPE_NODE;
    event->limit_pages = kill.limit_pages;
    event->usage_pages = kill.usage_pages;
    read_cgroup_path(has_reason ? kill.limit : 0, &event->limit_cgroup);
    read_cgroup_path(has_reason ? kill.group : 0, &event->group_cgroup);
    bpf_ringbuf_submit(event, 0);
    return 0;
}

SEC("kprobe")
int BPF_KPROBE(oom_decided_kprobe, struct oom_control *oc)
{
    return decided(oc);
}

SEC("kprobe")
int BPF_KPROBE(oom_member_kprobe, struct task_struct *task)
{
    return one_of_group(task);
}

SEC("fentry/oom_kill_process")
int oom_decided_fentry(u64 *arguments)
{
    return decided((void *)arguments[0]);
}

SEC("fentry/oom_kill_memcg_member")
int oom_member_fentry(u64 *arguments)
{
    return one_of_group((void *)arguments[0]);
}

SEC("raw_tracepoint/mark_victim")
int oom_marked(struct bpf_raw_tracepoint_args *context)
{
    struct task_struct *victim = 0;

    if (has_reason) {
        if (kill.tid != (u32)bpf_get_current_pid_tgid())
            return 0;
        victim = kill.victim;
        kill.victim = 0;
        if (!victim)
            return 0;
    }
    /* Of a victim's threads this is one that has its memory still. */
    if (victim_is_task)
        victim = (void *)context->args[0];
    return victim ? tell(victim) : 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
