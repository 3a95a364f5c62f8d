/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the socket filter in the kernel and the program share: the counters, the memory of flows, the hash that says
 * where in it a flow is, and how much room there is in a ring. Included by C for BPF and by C++.
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
    __u64 dropped_full; /* not looked at, since there is no room in the ring */
};
HTTP_FILTER_SAME(sizeof(struct http_filter_counts) == 64); /* one cache line a CPU */

/* What is known of one direction of a connection, beside where its last message starts. */
enum http_slot_state {
    HTTP_SLOT_HANDSHAKE = 1, /* SYN seen; `until` is the sequence number after it */
    HTTP_SLOT_CONNECTED = 2, /* and the ACK that ends the handshake; `until` is the same */
    HTTP_SLOT_SKIP = 3,      /* [from, until) is body nobody needs, and `left` bytes after it */
    HTTP_SLOT_IGNORE = 4,    /* not HTTP: skip all until a message starts */
    HTTP_SLOT_POISON = 5,    /* after HEAD or CONNECT, both directions: believe no length until the next SYN */
    HTTP_SLOT_UNWANTED = 6,  /* told from elsewhere: skip all until the next SYN */
};

struct http_slot {
    __u32 tag;   /* other bits of the flow's hash; 0: empty */
    __u32 state; /* enum http_slot_state */
    __u32 from;  /* sequence numbers */
    __u32 until;
    __u64 left; /* body bytes from `until` on; HTTP_LEFT_UNTIL_FIN: only the FIN ends it */
    /* The last message start: where it is, and where the other direction goes on. */
    __u32 seq;
    __u32 ack;
};
HTTP_FILTER_SAME(sizeof(struct http_slot) == 32);

/* A segment inside a body whose first byte and the one behind its last differ in the bits of their sequence numbers above
 * these is not left out: it crosses a border of 512 KiB. What has not crossed one is not counted if tracing ends there. */
#define HTTP_BORDER_BITS 19
#define HTTP_SLOTS 131072u /* a power of two; two for a connection */
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

/* Names an interface among those of all namespaces that one filter serves, where indices repeat. What was known of its
 * flows is no longer found in the next `generation` (http_room_generation()). */
static inline __u32 http_interface(__u32 ifindex, __u32 namespace_number, __u32 generation)
{
    return ifindex + namespace_number * 0x9e3779b1u + generation * 0x85ebca6bu;
}

/*
 * The room in a ring. What is offered to it takes at least as many bytes there, and room is made only by the program. So once more
 * was offered since then than the ring is long it must be full, and packets are let go without a look at them.
 *
 * `word` is three numbers that change at once: the generation (16 bits), which counts how often the program came back to
 * a full ring; up to where there may be room (24 bits); what was offered (24 bits), both in units, and compared as
 * sequence numbers are.
 */
struct http_room {
    __u64 word;
    __u32 owner; /* the number of the namespace + 1; 0: nobody, nothing is known of the room */
    __u32 reserved;
};
HTTP_FILTER_SAME(sizeof(struct http_room) == 16);

#define HTTP_ROOMS 1024u        /* a power of two: of those whose numbers have the same remainder the first has it */
#define HTTP_ROOM_UNIT 16384u   /* bytes: a CPU tells the others what it offered when it is so much */
#define HTTP_ROOM_UNITS_BITS 24 /* half of what they count is the longest ring */
#define HTTP_ROOM_LIMIT 16      /* bit where `up to where` starts */
#define HTTP_ROOM_OFFERED 40    /* the last: what is added to it reaches no other */

static inline __u32 http_room_generation(__u64 word)
{
    return word & 0xffff;
}

static inline int http_room_is_full(__u64 word)
{
    const __u32 ahead = (__u32)(word >> HTTP_ROOM_OFFERED) - (__u32)(word >> HTTP_ROOM_LIMIT);
    return (__s32)(ahead << (32 - HTTP_ROOM_UNITS_BITS)) > 0;
}

/* The word once the program has made room where there was none, `units` being what the ring and all CPUs can hold. */
static inline __u64 http_room_made(__u64 word, __u32 units)
{
    const __u32 generation = http_room_generation(word) + http_room_is_full(word);
    const __u64 offered = word >> HTTP_ROOM_OFFERED;
    const __u64 limit = (offered + units) & ((1u << HTTP_ROOM_UNITS_BITS) - 1);
    return offered << HTTP_ROOM_OFFERED | limit << HTTP_ROOM_LIMIT | (generation & 0xffff);
}

#define HTTP_SEED_WORDS 10
#define HTTP_NEIGHBOURS 64u /* a power of two */

/* Whose a flow is: the same for both directions of a connection but for `direction`. */
struct http_flow_name {
    __u64 hash;      /* of all but `neighbour` */
    __u32 neighbour; /* bits of the ports: below HTTP_NEIGHBOURS */
    __u32 direction; /* 0: what the client sends, 1: the server */
};

/* NH (RFC 4418 5.2) over an address. */
static inline __u64 http_address_hash(const __u32 *address, const volatile __u32 *seed)
{
    const __u32 a = address[0] + seed[0], b = address[1] + seed[1];
    const __u32 c = address[2] + seed[2], d = address[3] + seed[3];
    return (__u64)a * b + (__u64)c * d;
}

/*
 * NH over the hashes of both addresses, the ports and the interface: who does not know the random seed finds flows that collide
 * with a chance of some 2^-32. The end spreads it over all 64 bits. The client is taken to be whose port is higher; where that
 * is the server, connections do not share pages, and all else holds.
 *
 * Ports of one client follow one another, by two where it is Linux (net/ipv4/inet_hashtables.c, __inet_hash_connect()). The
 * lower bits of their order, which do not enter the hash, tell such connections apart: with those of the server's port, which
 * is in the hash, they are the neighbour.
 */
static inline struct http_flow_name http_name_of(const struct http_flow *flow, const volatile __u32 *seed)
{
    const __u64 source = http_address_hash(flow->source, seed);
    const __u64 destination = http_address_hash(flow->destination, seed);
    const __u32 source_port = flow->ports >> 16, destination_port = flow->ports & 0xffff;
    const int is_back = source_port == destination_port ? source < destination : source_port < destination_port;
    const __u64 client = is_back ? destination : source, server = is_back ? source : destination;
    const __u32 client_port = is_back ? destination_port : source_port;
    const __u32 server_port = is_back ? source_port : destination_port;
    const __u32 neighbour = (client_port ^ server_port) >> 1 & (HTTP_NEIGHBOURS - 1);
    const __u32 ports = server_port << 16 | (client_port & ~((HTTP_NEIGHBOURS - 1) << 1));
    const __u32 a = (__u32)client + seed[4], b = (__u32)server + seed[5];
    const __u32 c = (__u32)(client >> 32) + seed[6], d = (__u32)(server >> 32) + seed[7];
    const __u32 e = ports + seed[8], f = flow->interface + seed[9];
    __u64 hash = (__u64)a * b + (__u64)c * d + (__u64)e * f;
    hash ^= hash >> 32;
    hash *= 0x9e3779b97f4a7c15ULL;
    hash ^= hash >> 29;
    struct http_flow_name name = {.hash = hash, .neighbour = neighbour, .direction = (__u32)is_back};
    return name;
}

/* Neighbours share a page of slots, so that what finds the page is still in the processor's caches. A direction is seen by
 * one processor mostly, which writes there at each message: so those of a connection lie apart. */
static inline __u32 http_slot_index(struct http_flow_name name)
{
    const __u32 page = (__u32)name.hash & (HTTP_SLOTS / 2 / HTTP_NEIGHBOURS - 1);
    return (page * 2 + name.direction) * HTTP_NEIGHBOURS + name.neighbour;
}

static inline __u32 http_reverse_index(__u32 index)
{
    return index ^ HTTP_NEIGHBOURS;
}

static inline __u32 http_slot_tag(struct http_flow_name name)
{
    return (__u32)(name.hash >> 32) | 1;
}

#endif
