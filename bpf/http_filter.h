/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the socket filter in the kernel and the program share: the counters, the memory of flows, and the hash
 * that says where in it a flow is. Included by C for BPF and by C++.
 */
#ifndef PODSNOOP_HTTP_FILTER_H
#define PODSNOOP_HTTP_FILTER_H

#include <linux/types.h>

#ifdef __cplusplus
#define HTTP_FILTER_SAME(condition) static_assert(condition, #condition)
#else
#define HTTP_FILTER_SAME(condition) _Static_assert(condition, #condition)
#endif

/* Every packet is counted once in `seen` and once in one of the others. */
struct http_filter_counts {
    __u64 seen;
    __u64 kept;
    __u64 skipped_not_tcp;
    __u64 skipped_not_selected;
    __u64 skipped_not_http;
    __u64 skipped_body;
    __u64 skipped_ack;
    __u64 reserved; /* one cache line a CPU */
};
HTTP_FILTER_SAME(sizeof(struct http_filter_counts) == 64);

/* What is known of one direction of a connection. */
enum http_slot_state {
    HTTP_SLOT_HANDSHAKE = 1, /* SYN seen; `until` is the sequence number after it */
    HTTP_SLOT_ARMED = 2,     /* the next message start in this direction may be taken at its word */
    HTTP_SLOT_SKIP = 3,      /* [from, until) is body nobody needs, and `left` bytes after it */
    HTTP_SLOT_IGNORE = 4,    /* not HTTP: skip all until a message starts */
    HTTP_SLOT_POISON = 5,    /* responses to HEAD or CONNECT may come: believe no Content-Length */
};

struct http_slot {
    __u32 tag;   /* other bits of the flow's hash; 0: empty */
    __u32 state; /* enum http_slot_state */
    __u32 from;  /* sequence numbers */
    __u32 until;
    __u64 left; /* body bytes from `until` on; HTTP_LEFT_UNTIL_FIN: only the FIN ends it */
};
HTTP_FILTER_SAME(sizeof(struct http_slot) == 24);

/* A segment inside a body whose first byte and the one behind its last differ in the bits of their sequence numbers above
 * these is not left out: it crosses a border of 256 KiB. */
#define HTTP_BORDER_BITS 18
#define HTTP_SLOTS 131072u /* a power of two */
#define HTTP_LEFT_UNTIL_FIN (~(__u64)0)
/* A skip's range moves on in steps, so that it never spans half of sequence space, where "before" and "after"
 * would change places: at most SPAN bytes, of which at least SPAN - STEP lie ahead. */
#define HTTP_SKIP_STEP (1u << 29)
#define HTTP_SKIP_SPAN (1u << 30)

/* One direction of a connection on one interface of one namespace. Addresses are as on the wire, IPv4 in the first
 * word. */
struct http_flow {
    __u32 source[4];
    __u32 destination[4];
    __u32 ports; /* source << 16 | destination, host order */
    __u32 interface; /* http_interface() */
};

/* Names an interface among those of all namespaces that one filter serves, where indices repeat. */
static inline __u32 http_interface(__u32 ifindex, __u32 namespace_number)
{
    return ifindex + namespace_number * 0x9e3779b1u;
}

#define HTTP_SEED_WORDS 10

/* NH (RFC 4418 5.2) over the flow's words with a random seed: two flows chosen without knowing the seed collide with
 * a chance of 2^-32, at five multiplications. The end spreads it over all 64 bits. */
static inline __u64 http_flow_hash(const struct http_flow *flow, const volatile __u32 *seed)
{
    __u64 sum = 0;
    for (int i = 0; i < 4; i++) {
        const __u32 a = flow->source[i] + seed[2 * i];
        const __u32 b = flow->destination[i] + seed[2 * i + 1];
        sum += (__u64)a * b;
    }
    const __u32 a = flow->ports + seed[8];
    const __u32 b = flow->interface + seed[9];
    sum += (__u64)a * b;
    sum ^= sum >> 32;
    sum *= 0x9e3779b97f4a7c15ULL;
    sum ^= sum >> 29;
    return sum;
}

static inline __u32 http_slot_index(__u64 hash)
{
    return (__u32)hash & (HTTP_SLOTS - 1);
}

static inline __u32 http_slot_tag(__u64 hash)
{
    return (__u32)(hash >> 32) | 1;
}

#endif
