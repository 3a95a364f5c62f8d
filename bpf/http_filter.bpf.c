// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// The socket filters: which packets reach the ring, and how many bytes of each. One keeps what is needed to find HTTP
// messages and lets body bytes and bare ACKs go; README.md says why it may forget but must not be wrong. The other keeps
// the headers of every TCP segment. They differ in what they keep, not in how they find TCP.
//
// Written for Linux 5.4 and later, without BTF. Sees packets from the network header on (AF_PACKET, SOCK_DGRAM).
#include "head.bpf.h"
#include "packet.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

const volatile __u32 hash_seed[HTTP_SEED_WORDS] = {};
const volatile __u32 body_preview = 0; /* body bytes to keep of each message */

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct http_filter_counts);
} counts SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, HTTP_SLOTS);
    __type(key, __u32);
    __type(value, struct http_slot);
} flows SEC(".maps");

struct http_room rooms[HTTP_ROOMS] = {}; /* mapped by the program, from Linux 5.5 on; else nobody's */

#define LOOPBACK_IFINDEX 1     /* in every network namespace */
#define OUTGOING 4             /* PACKET_OUTGOING of linux/if_packet.h */
#define WORTH_PARSING 512      /* payload bytes: below, a body hardly fills another segment */
#define WORTH_SKIPPING 4096    /* body bytes beyond this segment */
#define KEPT_WHOLE (~(__u32)0) /* bytes to keep: all */
#define RING_FRAME 80          /* bytes: no more than a ring takes for a packet beside its data */
#define RING_DATA 0xffff       /* bytes of data that fit into any ring's block */

enum verdict { KEEP_WHOLE, KEEP_HEAD, KEEP_INTERIM, KEEP_HEADERS, SKIP_BODY, SKIP_ACK, SKIP_NOT_HTTP, SKIP_UNWANTED };

enum start { START_NONE, START_REQUEST, START_UPLOAD, START_BODILESS, START_RESPONSE };

/* A flow's place in the memory of flows, and what was there. */
struct place {
    struct http_slot *slot;
    __u32 index;
    __u32 tag;
    __u32 state; /* enum http_slot_state; 0: nothing is known of the flow */
    __u32 from, until;
    __u64 left;
};

/* What is in a place. Another CPU may be writing the slot: the tag before and after says whose the rest was. */
static __always_inline struct place place_at(__u32 index, __u32 tag)
{
    struct place place = {.slot = bpf_map_lookup_elem(&flows, &index), .index = index, .tag = tag};
    const volatile struct http_slot *slot = place.slot;
    if (!place.slot || slot->tag != place.tag)
        return place;
    place.from = slot->from;
    place.until = slot->until;
    place.left = slot->left;
    const __u32 state = slot->state;
    if (slot->tag == place.tag)
        place.state = state;
    return place;
}

static __always_inline struct place find_place(const struct http_flow *flow)
{
    const struct http_flow_name name = http_name_of(flow, hash_seed);
    return place_at(http_slot_index(name), http_slot_tag(name));
}

/* The other direction's. */
static __always_inline struct place reverse_place(const struct place *place)
{
    return place_at(http_reverse_index(place->index), place->tag);
}

static __always_inline void forget(struct place *place)
{
    if (place->state)
        *(volatile __u32 *)&place->slot->state = 0;
    place->state = 0;
}

/* Writes a slot without a lock: while the tag is 0 another CPU knows nothing, which is always safe. */
static __always_inline void remember(struct place *place, __u32 state, __u32 from, __u32 until, __u64 left)
{
    volatile struct http_slot *slot = place->slot;
    if (!place->slot)
        return;
    const int is_own = slot->tag == place->tag;
    slot->tag = 0;
    slot->state = state;
    slot->left = left;
    slot->from = from;
    slot->until = until;
    if (!is_own)
        slot->seq = slot->ack = 0;
    slot->tag = place->tag;
}

/* Notes that a message starts here. */
static __always_inline void note_start(const struct place *place, const struct segment *segment)
{
    volatile struct http_slot *slot = place->slot;
    if (!place->slot)
        return;
    const int is_own = slot->tag == place->tag;
    slot->tag = 0;
    if (!is_own)
        slot->state = 0;
    slot->seq = segment->seq;
    slot->ack = segment->ack;
    slot->tag = place->tag;
}

/* The other direction's slot where its last message expects one of this direction to start here; null where not. */
static __always_inline volatile struct http_slot *expecting(const struct place *place, const struct segment *segment)
{
    const __u32 index = http_reverse_index(place->index);
    volatile struct http_slot *slot = bpf_map_lookup_elem(&flows, &index);
    return slot && slot->tag == place->tag && slot->ack == segment->seq ? slot : 0;
}

/* Whether a request that starts here is behind a response, and that behind the request before. */
static __always_inline int is_next(const struct place *place, const struct segment *segment)
{
    const volatile struct http_slot *response = expecting(place, segment), *request = place->slot;
    return response && request && request->tag == place->tag && request->ack == response->seq;
}

/* Remembers that [from, from + length) is body. */
static __always_inline void remember_skip(struct place *place, __u32 from, __u64 length)
{
    const __u32 first = length < HTTP_SKIP_SPAN ? length : HTTP_SKIP_SPAN;
    remember(place, HTTP_SLOT_SKIP, from, from + first, length - first);
}

/* Moves the range of a long skip on to where the segment is. */
static __always_inline void advance(struct place *place, __u32 seq)
{
    if (!place->left || (__s32)(seq - place->from) < (__s32)HTTP_SKIP_STEP)
        return;
    for (int i = 0; i < 4 && place->left && (__s32)(seq - place->from) >= (__s32)HTTP_SKIP_STEP; i++) {
        const __u32 step = place->left < HTTP_SKIP_STEP ? place->left : HTTP_SKIP_STEP;
        place->from += HTTP_SKIP_STEP;
        place->until += step;
        if (place->left != HTTP_LEFT_UNTIL_FIN)
            place->left -= step;
    }
    remember(place, HTTP_SLOT_SKIP, place->from, place->until, place->left);
}

/* What the payload starts with, by its first eight bytes. Methods of RFC 9110 9.3 and PATCH. */
static __always_inline enum start start_of(struct __sk_buff *skb, const struct segment *segment)
{
    __be32 first[2];
    if (segment->length < sizeof(first) || bpf_skb_load_bytes(skb, segment->start, first, sizeof(first)) < 0)
        return START_NONE;
#define WORD(a, b, c, d) ((__u32)(a) << 24 | (b) << 16 | (c) << 8 | (d))
    switch (bpf_ntohl(first[0])) {
    case WORD('G', 'E', 'T', ' '):
    case WORD('D', 'E', 'L', 'E'):
    case WORD('O', 'P', 'T', 'I'):
    case WORD('T', 'R', 'A', 'C'):
        return START_REQUEST;
    case WORD('P', 'O', 'S', 'T'):
    case WORD('P', 'U', 'T', ' '):
    case WORD('P', 'A', 'T', 'C'):
        return START_UPLOAD;
    case WORD('H', 'E', 'A', 'D'):
    case WORD('C', 'O', 'N', 'N'):
        return START_BODILESS;
    case WORD('H', 'T', 'T', 'P'):
        return bpf_ntohl(first[1]) >> 8 == WORD(0, '/', '1', '.') ? START_RESPONSE : START_NONE;
    }
    return START_NONE;
}

/* Whether the head is worth a look: a large payload, or a head that came alone, its body behind it. */
static __always_inline int worth_parsing(struct __sk_buff *skb, const struct segment *segment)
{
    __be32 last;
    if (segment->length >= WORTH_PARSING)
        return 1;
    return bpf_skb_load_bytes(skb, segment->start + segment->length - sizeof(last), &last, sizeof(last)) == 0 &&
           last == bpf_htonl(0x0d0a0d0a);
}

/* Skips the body behind a head: gives the payload bytes to keep of this segment. Behind an interim response the final one is
 * expected. The flow's place is looked up again, so that nothing but the scratch is alive in the loop over the head. */
static __always_inline __u32 skip_body(struct __sk_buff *skb, struct scratch *scratch, int has_bpf_loop)
{
    const struct segment *segment = &scratch->segment;
    const int has_length = read_head(skb, scratch, has_bpf_loop) == 0;
    const int is_skipped = has_length && scratch->length > body_preview &&
                           scratch->head_length + scratch->length > (__u64)segment->length + WORTH_SKIPPING;
    if (!scratch->interim && !is_skipped)
        return KEPT_WHOLE;
    struct place place = find_place(&segment->flow);
    if (scratch->interim) {
        volatile struct http_slot *request = expecting(&place, segment);
        if (request && scratch->head_length == segment->length)
            request->ack = segment->seq + segment->length;
        return KEPT_WHOLE;
    }
    const __u32 keep = scratch->head_length + body_preview;
    remember_skip(&place, segment->seq + keep, scratch->length - body_preview);
    return keep < segment->length ? keep : KEPT_WHOLE;
}

/* A request. Its length is believed at the start of a connection, and behind a response. */
static __always_inline enum verdict on_request(struct __sk_buff *skb, const struct segment *segment, struct place *place,
                                               enum start start)
{
    const int shakes_hands = place->state == HTTP_SLOT_HANDSHAKE || place->state == HTTP_SLOT_CONNECTED;
    const int upload = start == START_UPLOAD && place->state != HTTP_SLOT_POISON && worth_parsing(skb, segment) &&
                       ((shakes_hands && place->until == segment->seq) || is_next(place, segment));
    if (start == START_BODILESS) {
        /* Each direction knows it, for another flow may take the slot of one. */
        struct place reverse = reverse_place(place);
        if (reverse.state != HTTP_SLOT_POISON)
            remember(&reverse, HTTP_SLOT_POISON, 0, 0, 0);
        if (place->state != HTTP_SLOT_POISON)
            remember(place, HTTP_SLOT_POISON, 0, 0, 0);
    } else if (place->state != HTTP_SLOT_POISON) {
        note_start(place, segment);
    }
    return upload ? KEEP_HEAD : KEEP_WHOLE;
}

/* A response. Its length is believed where the last request expects it. Elsewhere it may be text in a body. */
static __always_inline enum verdict on_response(struct __sk_buff *skb, const struct segment *segment, struct place *place)
{
    __u8 status[3];
    if (place->state == HTTP_SLOT_POISON || segment->length < 12 ||
        bpf_skb_load_bytes(skb, segment->start + 9, status, sizeof(status)) < 0)
        return KEEP_WHOLE;
    const int interim = status[0] == '1';
    if (!interim)
        note_start(place, segment);
    if (status[1] == '0' && status[2] == '4' && (status[0] == '2' || status[0] == '3')) /* 204, 304: no body */
        return KEEP_WHOLE;
    if (!worth_parsing(skb, segment) || !expecting(place, segment))
        return KEEP_WHOLE;
    return interim ? KEEP_INTERIM : KEEP_HEAD;
}

/* A segment inside a body. User space tells a hole made here from a loss by this: where it crosses a 512 KiB border of
 * sequence space the segment's headers are kept, and where the body ends. Behind its end the range is still known, so that
 * what is retransmitted of it is not kept either. */
static __always_inline enum verdict inside_body(const struct segment *segment, struct place *place)
{
    const __u32 end = segment->seq + segment->length;
    if (end - place->from > place->until - place->from) { /* the next message is in it */
        if (!place->left)
            forget(place);
        return KEEP_WHOLE;
    }
    if (end == place->until && !place->left)
        return KEEP_HEADERS;
    return (segment->seq ^ end) >> HTTP_BORDER_BITS ? KEEP_HEADERS : SKIP_BODY;
}

static __always_inline enum verdict on_payload(struct __sk_buff *skb, const struct segment *segment, struct place *place)
{
    if (place->state == HTTP_SLOT_UNWANTED)
        return SKIP_UNWANTED;
    const enum start start = start_of(skb, segment);
    if (place->state == HTTP_SLOT_SKIP) {
        advance(place, segment->seq);
        const __u32 from = place->from, until = place->until;
        if (start != START_NONE && from - segment->seq <= body_preview) {
            forget(place); /* a message where the body should be: there is none, RFC 9110 10.1.1 */
        } else if ((__s32)(segment->seq - from) < 0) {
            return KEEP_WHOLE;
        } else if (segment->seq - from < until - from) {
            return inside_body(segment, place);
        } else if (place->left) {
            return KEEP_WHOLE;
        } else {
            forget(place);
        }
    } else if (place->state == HTTP_SLOT_IGNORE) {
        if (start == START_NONE)
            return SKIP_NOT_HTTP;
        forget(place);
    }
    if (start == START_RESPONSE)
        return on_response(skb, segment, place);
    if (start != START_NONE)
        return on_request(skb, segment, place, start);
    return KEEP_WHOLE;
}

static __always_inline void on_syn(const struct segment *segment, struct place *place)
{
    struct place reverse = reverse_place(place);
    if (segment->flags & TCP_ACK) {
        /* What is known of an earlier connection between the same ports is void, where its SYN was not seen. */
        if (place->state != HTTP_SLOT_POISON)
            forget(place);
        if (reverse.state == HTTP_SLOT_UNWANTED || reverse.state == HTTP_SLOT_SKIP)
            forget(&reverse);
        return;
    }
    forget(&reverse);
    const __u32 until = segment->seq + 1 + segment->length;
    remember(place, HTTP_SLOT_HANDSHAKE, segment->seq, until, 0);
}

static __always_inline enum verdict on_segment(struct __sk_buff *skb, const struct segment *segment, struct place *place)
{
    if (segment->flags & TCP_SYN) {
        on_syn(segment, place);
        return KEEP_WHOLE;
    }
    const int last = segment->flags & (TCP_FIN | TCP_RST);
    if (segment->length) {
        const enum verdict verdict = on_payload(skb, segment, place);
        return last && verdict >= SKIP_BODY ? KEEP_HEADERS : verdict;
    }
    if (last)
        return KEEP_WHOLE;
    if (place->state == HTTP_SLOT_HANDSHAKE && place->until == segment->seq) {
        remember(place, HTTP_SLOT_CONNECTED, segment->seq, place->until, 0); /* the client's final ACK: a request may follow */
        return KEEP_WHOLE;
    }
    return SKIP_ACK;
}

/* What loopback sends comes in again at once: the incoming copy is the one that counts. */
static __always_inline int comes_again(const struct __sk_buff *skb)
{
    return skb->ifindex == LOOPBACK_IFINDEX && skb->pkt_type == OUTGOING;
}

/* What a filter found in a packet. */
struct look {
    struct http_filter_counts *count; /* null: there is nothing to keep */
    struct scratch *scratch;
    struct http_room *room; /* null: nothing is known of it */
    int opaque;             /* TCP, but not to be looked into: for user space to tell */
};

/* The number of the namespace: 0 unless an entry program set it (lib/capture/filter.cpp). */
static __always_inline __u32 namespace_number(const struct __sk_buff *skb)
{
    return skb->cb[0];
}

/* What both filters do first: counts the packet, and finds its TCP segment. */
static __always_inline struct look look_at(struct __sk_buff *skb, int has_bpf_loop)
{
    const struct look nothing = {};
    if (comes_again(skb))
        return nothing;
    const __u32 zero = 0;
    struct http_filter_counts *count = bpf_map_lookup_elem(&counts, &zero);
    if (!count)
        return nothing;
    count->seen++;
    const __u32 number = namespace_number(skb);
    struct http_room *room = &rooms[number % HTTP_ROOMS];
    __u64 word = 0;
    if (*(volatile __u32 *)&room->owner == number + 1)
        word = *(volatile __u64 *)&room->word;
    else
        room = 0;
    if (http_room_is_full(word)) {
        count->dropped_full++;
        return nothing;
    }
    struct scratch *scratch = bpf_map_lookup_elem(&scratches, &zero);
    if (!scratch)
        return nothing;
    const __u32 interface = http_interface(skb->ifindex, number, http_room_generation(word));
    const enum found found = find_segment(skb, &scratch->segment, interface, has_bpf_loop);
    if (found == FOUND_OTHER) {
        count->skipped_not_tcp++;
        return nothing;
    }
    return (struct look){.count = count, .scratch = scratch, .room = room, .opaque = found == FOUND_OPAQUE};
}

/* Lets some bytes of a packet through, and notes what the ring will have less room for. */
static __always_inline int keep(const struct __sk_buff *skb, const struct look *look, __u32 bytes)
{
    look->count->kept++;
    if (look->room) {
        __u32 *mine = &look->scratch->offered[namespace_number(skb) % HTTP_ROOMS];
        const __u32 offered = *mine + (bytes < RING_DATA ? bytes : RING_DATA) + RING_FRAME;
        *mine = offered % HTTP_ROOM_UNIT;
        if (offered >= HTTP_ROOM_UNIT)
            __sync_fetch_and_add(&look->room->word, (__u64)(offered / HTTP_ROOM_UNIT) << HTTP_ROOM_OFFERED);
    }
    return bytes;
}

static __always_inline int keep_http(struct __sk_buff *skb, int has_bpf_loop)
{
    const struct look look = look_at(skb, has_bpf_loop);
    struct http_filter_counts *count = look.count;
    if (!count)
        return 0;
    if (look.opaque)
        return keep(skb, &look, skb->len);

    BARRIER();
    struct segment *segment = &look.scratch->segment;
    struct place place = find_place(&segment->flow);
    __u32 bytes = skb->len;
    const enum verdict verdict = on_segment(skb, segment, &place);
    switch (verdict) {
    case SKIP_BODY:
        count->skipped_body++;
        return 0;
    case SKIP_ACK:
        count->skipped_ack++;
        return 0;
    case SKIP_NOT_HTTP:
        count->skipped_not_http++;
        return 0;
    case SKIP_UNWANTED:
        count->skipped_not_selected++;
        return 0;
    case KEEP_WHOLE:
        break;
    case KEEP_HEADERS:
        bytes = segment->start;
        break;
    case KEEP_HEAD:
    case KEEP_INTERIM: {
        look.scratch->interim = verdict == KEEP_INTERIM;
        const __u32 payload = skip_body(skb, look.scratch, has_bpf_loop);
        if (payload != KEPT_WHOLE)
            bytes = segment->start + payload;
        break;
    }
    }
    return keep(skb, &look, bytes);
}

static __always_inline int keep_headers(struct __sk_buff *skb, int has_bpf_loop)
{
    const struct look look = look_at(skb, has_bpf_loop);
    if (!look.count)
        return 0;
    if (look.opaque)
        return keep(skb, &look, skb->len);
    /* Volatile, or clang makes one load of both, of which the verifier cannot tell where it reads. */
    return keep(skb, &look, *(const volatile __u32 *)&look.scratch->segment.start);
}

/* With bpf_loop(), from Linux 5.17 on, most of the verifier's work is done once instead of once a turn. */
SEC("socket")
int http_filter(struct __sk_buff *skb)
{
    return keep_http(skb, 1);
}

SEC("socket")
int tcp_filter(struct __sk_buff *skb)
{
    return keep_headers(skb, 1);
}

SEC("socket")
int http_filter_5_4(struct __sk_buff *skb)
{
    return keep_http(skb, 0);
}

SEC("socket")
int tcp_filter_5_4(struct __sk_buff *skb)
{
    return keep_headers(skb, 0);
}
