/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the probe of OOM kills tells the program. Included by C for BPF and by C++.
 */
#ifndef PODSNOOP_OOM_H
#define PODSNOOP_OOM_H

#include <linux/types.h>

#include "cgroup_path.h"

#ifdef __cplusplus
#define OOM_SAME(condition) static_assert(condition, #condition)
#else
#define OOM_SAME(condition) _Static_assert(condition, #condition)
#endif

/* Where the kernel ran out of memory. */
enum oom_scope {
    OOM_SCOPE_UNKNOWN = 0, /* the probe sees the victim only */
    OOM_SCOPE_CGROUP = 1,
    OOM_SCOPE_NODE = 2,
};

/* One victim. */
struct oom_event {
    __u64 time;         /* CLOCK_BOOTTIME, ns: when the kernel decided to kill; the same for all victims of a group */
    __u64 limit_pages;  /* of the cgroup that ran out; without meaning in another scope */
    __u64 usage_pages;
    __u64 total_vm_pages;
    __s64 anon_pages;   /* of the resident set, as the kernel's own message has them: -1 where the victim's memory */
    __s64 file_pages;   /* was gone already */
    __s64 shmem_pages;
    __u64 pgtables_bytes;
    __u32 scope; /* enum oom_scope */
    __u32 victim_pid; /* thread groups, in the initial pid namespace */
    __u32 victim_uid; /* in the initial user namespace */
    __s32 oom_score_adj;
    __u32 trigger_pid; /* who asked for memory when there was none */
    char victim_comm[16];
    char trigger_comm[16];
    struct cgroup_path victim_cgroup;
    struct cgroup_path trigger_cgroup;
    struct cgroup_path limit_cgroup; /* whose limit was hit; unknown in another scope */
    struct cgroup_path group_cgroup; /* whose memory.oom.group made all its tasks victims; unknown where none did */
};
OOM_SAME(sizeof(struct oom_event) == 8 * 8 + 5 * 4 + 2 * 16 + 4 * 1284 + 4);

#define OOM_RING_BYTES (1u << 20) /* some 190 victims */

#endif
