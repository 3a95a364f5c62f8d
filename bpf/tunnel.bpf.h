/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What may stand between two IP headers: VXLAN, Geneve, GRE, IP itself; Ethernet, VLAN tags and MPLS labels. It goes
 * past one of them; what then says it is IP is looked at closely (is_plausible), so nothing here needs to be.
 * lib/decode/tunnel.cpp does the same and names the RFCs.
 */
#ifndef PODSNOOP_TUNNEL_BPF_H
#define PODSNOOP_TUNNEL_BPF_H

#define MAX_TUNNELS 3

#define PORT_VXLAN 4789
#define PORT_VXLAN_LINUX 8472 /* what Linux had before there was an assigned one */
#define PORT_GENEVE 6081

#define VXLAN_HAS_VNI 0x08
#define GENEVE_CONTROL 0x80
#define GRE_CHECKSUM 0x8000
#define GRE_KEY 0x2000
#define GRE_SEQUENCE 0x1000
#define GRE_NOT_OURS 0x4c07 /* source routes, versions above 0 */

const volatile __u32 decapsulate = 1; /* whether to look into tunnels */

struct udp_tunnel_head {
    __be16 source;
    __be16 destination;
    __be16 length;
    __be16 check;
    __u8 version_options; /* Geneve; VXLAN's flags */
    __u8 flags;           /* Geneve */
    __be16 protocol;      /* Geneve */
    __be32 vni;
};

static __always_inline int is_tunnel(__u8 protocol)
{
    return decapsulate &&
           (protocol == IPPROTO_UDP || protocol == IPPROTO_IPIP || protocol == IPPROTO_IPV6 || protocol == IPPROTO_GRE);
}

static __always_inline int is_tunnel_port(__be16 port)
{
    return port == bpf_htons(PORT_VXLAN) || port == bpf_htons(PORT_VXLAN_LINUX) || port == bpf_htons(PORT_GENEVE);
}

static __always_inline enum found find_udp_tunnel(struct __sk_buff *skb, struct segment *segment, __u32 offset)
{
    struct udp_tunnel_head head;
    if (bpf_skb_load_bytes(skb, offset, &head, sizeof(head)) < 0 || !is_tunnel_port(head.destination))
        return FOUND_OTHER;
    offset += sizeof(head);
    if (head.destination != bpf_htons(PORT_GENEVE))
        return head.version_options & VXLAN_HAS_VNI ? inside(segment, ETH_P_TEB, offset) : FOUND_OTHER;
    if (head.version_options >> 6 || head.flags & GENEVE_CONTROL)
        return FOUND_OTHER;
    return inside(segment, bpf_ntohs(head.protocol), offset + (head.version_options & 0x3f) * 4);
}

static __always_inline enum found find_gre(struct __sk_buff *skb, struct segment *segment, __u32 offset)
{
    __be16 head[2]; /* flags, EtherType */
    if (bpf_skb_load_bytes(skb, offset, head, sizeof(head)) < 0)
        return FOUND_OTHER;
    const __u16 flags = bpf_ntohs(head[0]);
    if (flags & GRE_NOT_OURS)
        return FOUND_OTHER;
    const __u32 optional = !!(flags & GRE_CHECKSUM) + !!(flags & GRE_KEY) + !!(flags & GRE_SEQUENCE);
    return inside(segment, bpf_ntohs(head[1]), offset + sizeof(head) + 4 * optional);
}

/* Past a tunnel's header, from the payload of an IP packet that ends at `end`. */
static __always_inline enum found find_tunnel(struct __sk_buff *skb, struct segment *segment, __u8 protocol, __u32 offset,
                                              __u32 end)
{
    if (!is_tunnel(protocol) || segment->tunnels >= MAX_TUNNELS)
        return FOUND_OTHER;
    segment->tunnels++;
    segment->end = end;
    if (protocol == IPPROTO_UDP)
        return find_udp_tunnel(skb, segment, offset);
    if (protocol == IPPROTO_GRE)
        return find_gre(skb, segment, offset);
    return inside(segment, protocol == IPPROTO_IPIP ? ETH_P_IP : ETH_P_IPV6, offset);
}

/* Past one header that is not IP's. */
static __always_inline enum found find_link(struct __sk_buff *skb, struct segment *segment)
{
    const __u32 offset = segment->network, protocol = segment->protocol;
    __be16 type;
    if (!decapsulate)
        return FOUND_OTHER;
    if (protocol == ETH_P_TEB) {
        if (bpf_skb_load_bytes(skb, offset + 12, &type, sizeof(type)) < 0)
            return FOUND_OTHER;
        return inside(segment, bpf_ntohs(type), offset + 14);
    }
    if (is_vlan(protocol)) {
        if (bpf_skb_load_bytes(skb, offset + 2, &type, sizeof(type)) < 0)
            return FOUND_OTHER;
        return inside(segment, bpf_ntohs(type), offset + 4);
    }
    if (protocol == ETH_P_MPLS_UC || protocol == ETH_P_MPLS_MC) {
        __u8 label[5]; /* and the first byte behind it, which is all that says what follows the last one */
        if (bpf_skb_load_bytes(skb, offset, label, sizeof(label)) < 0)
            return FOUND_OTHER;
        if (!(label[2] & 1))
            return inside(segment, protocol, offset + 4);
        if (label[4] >> 4 == 4 || label[4] >> 4 == 6)
            return inside(segment, label[4] >> 4 == 4 ? ETH_P_IP : ETH_P_IPV6, offset + 4);
    }
    return FOUND_OTHER;
}

#endif
