/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the probes read of the kernel's own structs, and nothing else of them: where each field is comes from the BTF
 * of the kernel that runs (CO-RE), so neither order nor size matters here. A name with ___ in it is the same struct as
 * some kernels have it; the part behind is not looked at.
 */
#ifndef PODSNOOP_KERNEL_BPF_H
#define PODSNOOP_KERNEL_BPF_H

#include <linux/bpf.h>
#include <linux/ptrace.h>
#include <linux/types.h>

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_tracing.h>

#include "cgroup_path.h"

typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

typedef struct {
    int counter;
} atomic_t;

typedef struct {
    __s64 counter;
} atomic64_t;

typedef atomic64_t atomic_long_t; /* on 64-bit kernels, the only ones there are here */

/* Control groups. */

struct kernfs_node {
    struct kernfs_node *parent;
    const char *name;
};

/* 741c10b096bc ("kernfs: Use RCU to access kernfs_node::parent."), Linux 6.15. */
struct kernfs_node___since_6_15 {
    struct kernfs_node *__parent;
};

struct cgroup_root;

struct cgroup {
    struct kernfs_node *kn;
    struct cgroup_root *root;
};

struct cgroup_subsys_state {
    struct cgroup *cgroup;
    struct cgroup_subsys_state *parent;
};

enum cgroup_subsys_id {
    memory_cgrp_id = 4, /* whichever controllers there are decides, so it is asked of BTF */
};

struct css_set {
    struct cgroup_subsys_state *subsys[16];
    struct cgroup *dfl_cgrp; /* in the hierarchy of version 2 */
};

/* bd1060a1d671 ("sock, cgroup: add sock->sk_cgroup") packed a pointer or a class into one value;
 * 8520e224f547 ("bpf, cgroups: Fix cgroup v2 fallback on v1/v2 mixed mode"), Linux 5.15, gave the pointer its place. */
struct sock_cgroup_data {
    struct cgroup *cgroup;
};

struct sock_cgroup_data___before_5_15 {
    u64 val;
};

/* Memory. */

struct page_counter {
    atomic_long_t usage;
    unsigned long max;
};

struct mem_cgroup {
    struct cgroup_subsys_state css;
    struct page_counter memory;
    _Bool oom_group;
};

struct oom_control {
    struct mem_cgroup *memcg; /* null where the whole node is out of memory */
    struct task_struct *chosen;
};

enum { MM_FILEPAGES = 0, MM_ANONPAGES = 1, MM_SHMEMPAGES = 3 };

struct percpu_counter {
    __s64 count;
};

struct mm_struct {
    unsigned long total_vm;
    atomic_long_t pgtables_bytes;
    struct percpu_counter rss_stat[4];
};

/* f1a7941243c1 ("mm: convert mm's rss stats into percpu_counter"), Linux 6.2, did away with it. */
struct mm_rss_stat {
    atomic_long_t count[4];
};

struct mm_struct___before_6_2 {
    struct mm_rss_stat rss_stat;
};

/* Tasks. */

typedef struct {
    __u32 val;
} kuid_t;

struct cred {
    kuid_t uid;
};

enum { SIGNAL_GROUP_EXIT = 4 };

struct signal_struct {
    unsigned int flags;
    short oom_score_adj;
};

struct task_struct {
    int tgid;
    char comm[16];
    struct mm_struct *mm;
    const struct cred *real_cred;
    struct signal_struct *signal;
    struct css_set *cgroups;
};

/* Sockets. */

struct in6_addr {
    __u8 bytes[16];
};

struct ns_common {
    unsigned int inum;
};

struct netns_ipv4 {
    int sysctl_tcp_syncookies; /* one byte since Linux 5.13 */
};

struct net {
    struct ns_common ns;
    struct netns_ipv4 ipv4;
};

typedef struct {
    struct net *net;
} possible_net_t;

struct sock_common {
    unsigned short skc_family;
    __be32 skc_rcv_saddr;
    struct in6_addr skc_v6_rcv_saddr;
    __u16 skc_num; /* the own port, in host order */
    possible_net_t skc_net;
};

struct sock {
    struct sock_common __sk_common;
    u32 sk_ack_backlog;
    u32 sk_max_ack_backlog;
    struct sock_cgroup_data sk_cgrp_data;
};

struct sock___before_5_15 {
    struct sock_cgroup_data___before_5_15 sk_cgrp_data;
};

struct request_sock_queue {
    atomic_t qlen;
};

struct inet_connection_sock {
    struct request_sock_queue icsk_accept_queue;
};

struct sk_buff {
    __be16 protocol;
    __u16 transport_header;
    __u16 network_header;
    unsigned char *head;
};

#pragma clang attribute pop

/* Programs are loaded into the kernel that they will run in, so one kernel's way is all the verifier sees. */
static __always_inline struct kernfs_node *kernfs_parent(struct kernfs_node *node)
{
    struct kernfs_node___since_6_15 *newer = (void *)node;

    if (bpf_core_field_exists(newer->__parent))
        return BPF_CORE_READ(newer, __parent);
    return BPF_CORE_READ(node, parent);
}

/* The names from a cgroup up to below the root of its hierarchy. The kernel keeps names from going under our hands by
 * RCU, which a probe is inside of. */
static __always_inline void read_cgroup_path(struct cgroup *cgroup, struct cgroup_path *path)
{
    struct kernfs_node *node = cgroup ? BPF_CORE_READ(cgroup, kn) : 0;
    u64 length = 0;

    path->length = CGROUP_PATH_UNKNOWN;
    if (!node)
        return;
    for (int depth = 0; depth < CGROUP_PATH_DEPTH; depth++) {
        struct kernfs_node *parent = kernfs_parent(node);
        long size;

        if (!parent) {
            path->length = length;
            return;
        }
        if (length > CGROUP_PATH_BYTES - CGROUP_NAME_BYTES)
            return;
        size = bpf_probe_read_kernel_str(path->names + length, CGROUP_NAME_BYTES, BPF_CORE_READ(node, name));
        if (size <= 0 || size > CGROUP_NAME_BYTES)
            return;
        length += size;
        node = parent;
    }
}

/* The cgroup whose memory a task uses: under version 1 that of the memory controller. Under version 2 the controller
 * may be off further down; the task's own cgroup says more. */
static __always_inline struct cgroup *memory_cgroup_of(struct task_struct *task)
{
    struct css_set *set = BPF_CORE_READ(task, cgroups);
    struct cgroup *unified = BPF_CORE_READ(set, dfl_cgrp);
    struct cgroup_subsys_state *memory = 0;
    struct cgroup *cgroup;
    u64 index = 0;

    if (!bpf_core_enum_value_exists(enum cgroup_subsys_id, memory_cgrp_id))
        return unified;
    index = bpf_core_enum_value(enum cgroup_subsys_id, memory_cgrp_id);
    if (index < 16)
        bpf_core_read(&memory, sizeof(memory), &set->subsys[0] + index);
    if (!memory)
        return unified;
    cgroup = BPF_CORE_READ(memory, cgroup);
    return BPF_CORE_READ(cgroup, root) == BPF_CORE_READ(unified, root) ? unified : cgroup;
}

#endif
