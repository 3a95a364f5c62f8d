/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the probe of listeners' queues shares with the program: how often each overflowed. Included by C for BPF
 * and by C++.
 */
#ifndef PODSNOOP_BACKLOG_H
#define PODSNOOP_BACKLOG_H

#include <linux/types.h>

#include "cgroup_path.h"

#ifdef __cplusplus
#define BACKLOG_SAME(condition) static_assert(condition, #condition)
#else
#define BACKLOG_SAME(condition) _Static_assert(condition, #condition)
#endif

enum backlog_kind {
    BACKLOG_ACCEPT_AT_SYN = 1, /* no room for one more accepted connection: the SYN is not answered */
    BACKLOG_ACCEPT_AT_ACK = 2, /* room ran out meanwhile: the client believes that it is connected */
    BACKLOG_SYN_DROPPED = 3,   /* no room for one more half open */
    BACKLOG_SYN_COOKIE = 4,    /* the same, but the SYN was answered with a cookie */
};

/* A listener and what happened to it. Without holes: it is compared as bytes. */
struct backlog_key {
    __u64 socket; /* the kernel's address of it: two listeners may share a port, and a new one have that of an old one */
    __u32 netns;  /* inode */
    __u16 port;
    __u8 family; /* 4 or 6 */
    __u8 kind;   /* enum backlog_kind */
    __u8 address[16]; /* of the listener; IPv4 in the first four */
};
BACKLOG_SAME(sizeof(struct backlog_key) == 32);

struct backlog_value {
    __u64 count; /* since tracing began; only ever grows */
    /* Of the last one, more or less: they are written without locks. */
    __u64 time; /* CLOCK_BOOTTIME, ns */
    __u64 told; /* when an event was sent */
    __u32 length;
    __u32 limit;
    __u8 client[16];
    __u16 client_port;
    __u8 client_family; /* 4 or 6 */
    __u8 reserved[5];
};
BACKLOG_SAME(sizeof(struct backlog_value) == 56);

/* There is something new in the map, of this listener. */
struct backlog_event {
    struct backlog_key key;
    struct cgroup_path cgroup; /* that the listener was made in, in the hierarchy of version 2 */
};
BACKLOG_SAME(sizeof(struct backlog_event) == 32 + 1284 + 4);

#define BACKLOG_LISTENERS 4096
#define BACKLOG_RING_BYTES (1u << 20) /* some 780 events, of which each listener sends one an interval */

#endif
