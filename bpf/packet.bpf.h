/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * From the network header to the TCP payload: VLAN tags, IPv4 options, IPv6 extension headers, fragments; through
 * tunnels, one header a turn.
 * Socket filters have no direct packet access, so headers are copied out, few and large copies at a time.
 */
#ifndef PODSNOOP_PACKET_BPF_H
#define PODSNOOP_PACKET_BPF_H

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "http_filter.h"

#define MAX_VLAN_TAGS 4
#define MAX_EXTENSION_HEADERS 8
#define MAX_HEADERS 16 /* IP, Ethernet, tags and labels; as lib/decode/tunnel.hpp has it */

#define TCP_FIN 0x01
#define TCP_SYN 0x02
#define TCP_RST 0x04
#define TCP_ACK 0x10

/* IPv6 extension headers (RFC 8200 4.1) that Linux has no user-space name for. */
#define NEXT_HOP_BY_HOP 0
#define NEXT_ROUTING 43
#define NEXT_FRAGMENT 44
#define NEXT_AUTHENTICATION 51
#define NEXT_DESTINATION 60
#define NEXT_MOBILITY 135

struct ipv4_head {
    __u8 version_ihl;
    __u8 tos;
    __be16 total_length;
    __be16 id;
    __be16 fragment; /* flags and offset */
    __u8 ttl;
    __u8 protocol;
    __be16 check;
    __u32 source;
    __u32 destination;
};

struct ipv6_head {
    __be32 version_class_label;
    __be16 payload_length;
    __u8 next;
    __u8 hop_limit;
    __u32 source[4];
    __u32 destination[4];
};

struct tcp_head {
    __be16 source;
    __be16 destination;
    __be32 seq;
    __be32 ack;
    __u8 data_offset; /* upper four bits, in words of 32 bits */
    __u8 flags;
    __be16 window;
    __be16 check;
    __be16 urgent;
};

/* Forces values to be written to memory and read again. The verifier knows nothing of what is in a map, so this is how
 * paths that differ in their constants (four places for a header to start) become one for it. */
#define BARRIER() asm volatile("" ::: "memory")

/* Where things are; offsets and lengths are bytes from the start of the packet's data. It is kept in a map. */
struct segment {
    struct http_flow flow;
    __u32 seq;
    __u32 ack;
    __u32 start;  /* of the payload */
    __u32 length; /* of the payload, on the wire */
    __u32 flags;
    __u32 network;  /* where the header looked at starts */
    __u32 protocol; /* EtherType of that header */
    __u32 end;      /* of the innermost IP packet so far */
    __u32 inner;    /* whether that header is inside another */
    __u32 tunnels;  /* that it is inside of */
};

enum found {
    FOUND_OTHER,   /* not TCP */
    FOUND_OPAQUE,  /* TCP, but a fragment or damaged: for user space to tell */
    FOUND_SEGMENT, /* a whole segment */
    FOUND_INNER,   /* another header, of the segment's `protocol` at `network` */
};

/* Goes on with what a header carries. */
static __always_inline enum found inside(struct segment *segment, __u32 protocol, __u32 offset)
{
    segment->protocol = protocol;
    segment->network = offset;
    segment->inner = 1;
    return FOUND_INNER;
}

static __always_inline int is_vlan(__u16 protocol)
{
    return protocol == ETH_P_8021Q || protocol == ETH_P_8021AD;
}

static __always_inline int is_extension(__u8 next)
{
    return next == NEXT_HOP_BY_HOP || next == NEXT_ROUTING || next == NEXT_FRAGMENT || next == NEXT_AUTHENTICATION ||
           next == NEXT_DESTINATION || next == NEXT_MOBILITY;
}

/* Finds the network header behind inline tags. skb->protocol being that of a tag says
 * nothing of where the data starts: an outgoing frame with its tag inline has the network header at IP, an incoming
 * one at the rest of the tag (TCI, EtherType). A TCI can look like the first byte of IP, the lengths cannot. */
static __always_inline void skip_tags(struct __sk_buff *skb, struct segment *segment)
{
    __u32 offset = 0;
    __u16 protocol = bpf_ntohs(skb->protocol);
    for (int i = 0; i < MAX_VLAN_TAGS && is_vlan(protocol); i++) {
        __be16 half[4];
        if (bpf_skb_load_bytes(skb, offset, half, sizeof(half)) < 0) {
            protocol = 0;
            break;
        }
        const __u32 rest = skb->len - offset;
        const __u16 first = bpf_ntohs(half[0]), second = bpf_ntohs(half[1]), third = bpf_ntohs(half[2]);
        /* A length of 0 is BIG TCP's; as an EtherType it does not exist. */
        if (first >> 12 == 4 && (first >> 8 & 15) >= 5 && (second == rest || second == 0)) {
            protocol = ETH_P_IP;
        } else if (first >> 12 == 6 && third + 40 == rest) {
            protocol = ETH_P_IPV6;
        } else {
            protocol = second;
            offset += 4;
        }
    }
    segment->network = offset;
    segment->protocol = is_vlan(protocol) ? 0 : protocol;
}

static __always_inline enum found find_tcp(struct __sk_buff *skb, struct segment *segment, __u32 offset, __u32 end)
{
    struct tcp_head tcp;
    if (bpf_skb_load_bytes(skb, offset, &tcp, sizeof(tcp)) < 0)
        return FOUND_OPAQUE;
    const __u32 size = (tcp.data_offset >> 4) * 4;
    if (size < sizeof(tcp) || offset + size > end)
        return FOUND_OPAQUE;
    segment->flow.ports = (__u32)bpf_ntohs(tcp.source) << 16 | bpf_ntohs(tcp.destination);
    segment->seq = bpf_ntohl(tcp.seq);
    segment->ack = bpf_ntohl(tcp.ack);
    segment->start = offset + size;
    segment->length = end - segment->start;
    segment->flags = tcp.flags;
    return FOUND_SEGMENT;
}

#include "tunnel.bpf.h"

/* Where the IP packet ends: what the header says where that is less than what is there, since Ethernet pads short
 * frames. 0 is BIG TCP: then only skb->len knows. */
static __always_inline __u32 end_of(const struct segment *segment, __u32 offset, __u32 length)
{
    return length && offset + length < segment->end ? offset + length : segment->end;
}

/* Whether the IP header of a packet inside another can be one: then its packet is not longer than what is there. */
static __always_inline int is_plausible(const struct segment *segment, __u32 size, __u32 length)
{
    if (!segment->inner)
        return 1;
    const __u32 offset = segment->network, end = segment->end;
    if (!length)
        return offset < end && end - offset > 0xffff;
    return length >= size && offset + length <= end;
}

/* A fragment: kept where its datagram may hold TCP. Only the first one shows a tunnel's port. */
static __always_inline enum found find_fragment(struct __sk_buff *skb, __u8 protocol, int first, __u32 offset)
{
    if (protocol == IPPROTO_TCP || protocol == NEXT_DESTINATION)
        return FOUND_OPAQUE;
    if (!is_tunnel(protocol))
        return FOUND_OTHER;
    __be16 ports[2];
    if (protocol == IPPROTO_UDP && first && bpf_skb_load_bytes(skb, offset, ports, sizeof(ports)) == 0 &&
        !is_tunnel_port(ports[1]))
        return FOUND_OTHER;
    return FOUND_OPAQUE;
}

static __always_inline enum found find_ipv4(struct __sk_buff *skb, struct segment *segment)
{
    const __u32 offset = segment->network;
    struct ipv4_head ip;
    if (bpf_skb_load_bytes(skb, offset, &ip, sizeof(ip)) < 0)
        return FOUND_OTHER;
    const __u32 size = (ip.version_ihl & 15) * 4;
    const __u32 length = bpf_ntohs(ip.total_length);
    if (ip.version_ihl >> 4 != 4 || size < sizeof(ip) || !is_plausible(segment, size, length))
        return FOUND_OTHER;
    if (ip.fragment & bpf_htons(0x3fff)) /* more fragments, or not the first */
        return find_fragment(skb, ip.protocol, !(ip.fragment & bpf_htons(0x1fff)), offset + size);
    const __u32 end = end_of(segment, offset, length);
    if (ip.protocol != IPPROTO_TCP)
        return find_tunnel(skb, segment, ip.protocol, offset + size, end);
    segment->flow.source[0] = ip.source;
    segment->flow.destination[0] = ip.destination;
    return find_tcp(skb, segment, offset + size, end);
}

static __always_inline enum found find_ipv6(struct __sk_buff *skb, struct segment *segment)
{
    __u32 offset = segment->network;
    struct ipv6_head ip;
    if (bpf_skb_load_bytes(skb, offset, &ip, sizeof(ip)) < 0)
        return FOUND_OTHER;
    const __u32 payload_length = bpf_ntohs(ip.payload_length);
    const __u32 length = payload_length ? payload_length + sizeof(ip) : 0;
    if (bpf_ntohl(ip.version_class_label) >> 28 != 6 || !is_plausible(segment, sizeof(ip), length))
        return FOUND_OTHER;
    const __u32 end = end_of(segment, offset, length);
    __u8 next = ip.next;
    offset += sizeof(ip);
    for (int i = 0; i < MAX_EXTENSION_HEADERS && is_extension(next); i++) {
        __u8 head[4]; /* next header, length; of a fragment: next header, reserved, offset and flags */
        if (bpf_skb_load_bytes(skb, offset, head, sizeof(head)) < 0)
            return FOUND_OTHER;
        if (next == NEXT_FRAGMENT) {
            offset += 8;
            /* An atomic fragment (RFC 6946) is whole: neither offset nor "more". */
            if (head[2] || head[3] & 0xf9)
                return find_fragment(skb, head[0], !head[2] && !(head[3] & 0xf8), offset);
        } else if (next == NEXT_AUTHENTICATION) {
            offset += (head[1] + 2) * 4;
        } else {
            offset += (head[1] + 1) * 8;
        }
        next = head[0];
    }
    if (next != IPPROTO_TCP)
        return find_tunnel(skb, segment, next, offset, end);
    __builtin_memcpy(segment->flow.source, ip.source, sizeof(ip.source));
    __builtin_memcpy(segment->flow.destination, ip.destination, sizeof(ip.destination));
    return find_tcp(skb, segment, offset, end);
}

static __always_inline enum found find_next(struct __sk_buff *skb, struct segment *segment)
{
    BARRIER();
    if (segment->protocol == ETH_P_IP)
        return find_ipv4(skb, segment);
    if (segment->protocol == ETH_P_IPV6)
        return find_ipv6(skb, segment);
    return find_link(skb, segment);
}

struct headers {
    struct __sk_buff *skb;
    struct segment *segment;
    enum found found;
};

static long each_header(__u32 index, void *context)
{
    struct headers *headers = context;
    headers->found = find_next(headers->skb, headers->segment);
    return headers->found != FOUND_INNER;
}

/* With bpf_loop() a turn is verified once, else MAX_HEADERS times. */
static __always_inline enum found find_segment(struct __sk_buff *skb, struct segment *segment, __u32 interface, int has_bpf_loop)
{
    __builtin_memset(segment, 0, sizeof(*segment));
    segment->flow.interface = interface;
    segment->end = skb->len;
    skip_tags(skb, segment);
    struct headers headers = {.skb = skb, .segment = segment, .found = FOUND_INNER};
    if (has_bpf_loop)
        bpf_loop(MAX_HEADERS, each_header, &headers, 0);
    else
        for (int i = 0; i < MAX_HEADERS && !each_header(i, &headers); i++)
            ;
    return headers.found == FOUND_INNER ? FOUND_OTHER : headers.found;
}

#endif
