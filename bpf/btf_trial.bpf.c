// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Whether types that a file claims for this kernel are this kernel's: what they lead to must be what is known otherwise.
 * With those of another kernel the probes would read something, somewhere. It runs once, for the task that asks.
 */
#include "kernel.bpf.h"

#define AF_INET 2

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct kernfs_node___trial {
    u64 id; /* since Linux 5.5 */
};

struct nsproxy {
    struct net *net_ns;
};

struct file {
    void *private_data; /* of a socket's, struct socket */
};

struct fdtable {
    struct file **fd;
};

struct files_struct {
    struct fdtable *fdt;
};

struct socket {
    struct sock *sk;
};

struct task_struct___trial {
    struct nsproxy *nsproxy;
    struct files_struct *files;
};

#pragma clang attribute pop

/* What the task knows of itself. Set before loading. */
const volatile __u32 netns;            /* inode */
const volatile __u32 descriptor;       /* of a TCP socket, bound to 127.0.0.1 */
const volatile __u16 port;             /* and this */
const volatile __s16 oom_score_adj;
const volatile __u64 total_vm_pages;   /* about */

#define TOTAL_VM_SLACK_PAGES 4096

static __always_inline int is_task(struct task_struct *task)
{
    struct task_struct___trial *more = (void *)task;
    struct cgroup *cgroup = BPF_CORE_READ(task, cgroups, dfl_cgrp);
    struct kernfs_node___trial *node = (void *)BPF_CORE_READ(cgroup, kn);
    u64 comm[2] = {}, known[2] = {};
    u64 pages = BPF_CORE_READ(task, mm, total_vm);

    bpf_get_current_comm(known, sizeof(known));
    bpf_core_read(comm, sizeof(comm), &task->comm);
    return comm[0] == known[0] && comm[1] == known[1] && BPF_CORE_READ(task, tgid) == (int)(bpf_get_current_pid_tgid() >> 32) &&
           BPF_CORE_READ(task, real_cred, uid.val) == (u32)bpf_get_current_uid_gid() &&
           BPF_CORE_READ(task, signal, oom_score_adj) == oom_score_adj && pages + TOTAL_VM_SLACK_PAGES > total_vm_pages &&
           pages < total_vm_pages + TOTAL_VM_SLACK_PAGES && BPF_CORE_READ(node, id) == bpf_get_current_cgroup_id() &&
           BPF_CORE_READ(more, nsproxy, net_ns, ns.inum) == netns;
}

static __always_inline int is_socket(struct task_struct *task)
{
    struct task_struct___trial *more = (void *)task;
    struct file **files = BPF_CORE_READ(more, files, fdt, fd), *file = 0;
    struct socket *socket;
    struct sock *sk;

    bpf_probe_read_kernel(&file, sizeof(file), files + descriptor);
    socket = BPF_CORE_READ(file, private_data);
    sk = BPF_CORE_READ(socket, sk);
    return BPF_CORE_READ(sk, __sk_common.skc_family) == AF_INET && BPF_CORE_READ(sk, __sk_common.skc_num) == port &&
           BPF_CORE_READ(sk, __sk_common.skc_rcv_saddr) == bpf_htonl(0x7f000001) &&
           BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum) == netns;
}

/* Never attached. */
SEC("raw_tracepoint/sys_enter")
int btf_trial(void *context)
{
    struct task_struct *task = (void *)bpf_get_current_task();

    return is_task(task) && is_socket(task);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
