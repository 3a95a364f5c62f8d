// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Overflows of listeners' queues, counted by listener. The program reads the counts at its own pace: an event only
 * says that it is worth it, at a listener's first overflow and then once an interval at most. So a flood of SYNs costs
 * a few reads each, and no count depends on an event that got lost.
 *
 * The kernel tells nobody which listener it is that overflows; so here its own questions are asked again, with the
 * same values, where it is about to ask them: in tcp_conn_request() at the SYN, and in tcp_v4_syn_recv_sock() and
 * tcp_v6_syn_recv_sock() at the ACK that ends the handshake. What it counts in ListenOverflows is counted here.
 */
#include "kernel.bpf.h"
#include "backlog.h"

#define ETH_P_IP 0x0800
#define ETH_P_IPV6 0x86dd
#define AF_INET6 10

/* Set before loading. */
const volatile __u64 interval_ns;
const volatile __u8 watch_syn_queue;
const volatile __u32 syn_queue_extra; /* half-open connections that a queue takes beyond its limit: 0 or 1, by kernel */

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, BACKLOG_LISTENERS);
    __type(key, struct backlog_key);
    __type(value, struct backlog_value);
} overflows SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, BACKLOG_RING_BYTES);
} events SEC(".maps");

__u64 uncounted;   /* overflows of more listeners than there is room for */
__u64 events_lost; /* events the ring had no room for: a listener's cgroup may stay unknown */

static __always_inline struct cgroup *cgroup_of(struct sock *sk)
{
    struct sock___before_5_15 *older = (void *)sk;
    u64 value;

    if (!bpf_core_field_exists(sk->sk_cgrp_data)) /* without CONFIG_SOCK_CGROUP_DATA */
        return 0;
    if (bpf_core_field_exists(((struct sock_cgroup_data *)0)->cgroup))
        return BPF_CORE_READ(sk, sk_cgrp_data.cgroup);
    value = BPF_CORE_READ(older, sk_cgrp_data.val);
    return value & 3 ? 0 : (struct cgroup *)value; /* else it is a class of version 1 */
}

static __always_inline void read_listener(struct sock *sk, struct backlog_key *key)
{
    key->socket = (u64)sk;
    key->netns = BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum);
    key->port = BPF_CORE_READ(sk, __sk_common.skc_num);
    if (BPF_CORE_READ(sk, __sk_common.skc_family) == AF_INET6) {
        key->family = 6;
        bpf_core_read(key->address, 16, &sk->__sk_common.skc_v6_rcv_saddr);
    } else {
        key->family = 4;
        bpf_core_read(key->address, 4, &sk->__sk_common.skc_rcv_saddr);
    }
}

/* Who sent the packet. A listener on [::] has clients with IPv4 too. */
static __always_inline void read_client(struct sk_buff *skb, struct backlog_value *value)
{
    unsigned char *head = BPF_CORE_READ(skb, head);
    unsigned char *network = head + BPF_CORE_READ(skb, network_header);
    unsigned char *transport = head + BPF_CORE_READ(skb, transport_header);
    __be16 port = 0;

    if (BPF_CORE_READ(skb, protocol) == bpf_htons(ETH_P_IPV6)) {
        value->client_family = 6;
        bpf_probe_read_kernel(value->client, 16, network + 8);
    } else {
        value->client_family = 4;
        bpf_probe_read_kernel(value->client, 4, network + 12);
    }
    bpf_probe_read_kernel(&port, sizeof(port), transport);
    value->client_port = bpf_ntohs(port);
}

static __always_inline void send_event(struct backlog_key *key, struct sock *sk)
{
    struct backlog_event *event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);

    if (!event) {
        __sync_fetch_and_add(&events_lost, 1);
        return;
    }
    event->key = *key;
    read_cgroup_path(cgroup_of(sk), &event->cgroup);
    bpf_ringbuf_submit(event, 0);
}

static __always_inline int count(struct sock *sk, struct sk_buff *skb, u8 kind, u32 length, u32 limit)
{
    struct backlog_key key = {.kind = kind};
    struct backlog_value *value, now = {};
    u64 time = bpf_ktime_get_boot_ns();

    read_listener(sk, &key);
    value = bpf_map_lookup_elem(&overflows, &key);
    if (!value) {
        /* Another CPU may be first. */
        bpf_map_update_elem(&overflows, &key, &now, BPF_NOEXIST);
        value = bpf_map_lookup_elem(&overflows, &key);
        if (!value) {
            __sync_fetch_and_add(&uncounted, 1);
            return 0;
        }
    }
    value->time = time;
    value->length = length;
    value->limit = limit;
    read_client(skb, value);
    __sync_fetch_and_add(&value->count, 1);
    if (value->told == 0 || time - value->told >= interval_ns) {
        value->told = time;
        send_event(&key, sk);
    }
    return 0;
}

/* As in tcp_conn_request(): first the queue of those half open, then that of those to be accepted. A SYN that takes
 * over a connection in TIME_WAIT passes the first whatever its length, which cannot be seen here. */
static __always_inline int at_syn(struct sock *sk, struct sk_buff *skb)
{
    struct inet_connection_sock *connections = (void *)sk;
    u32 limit = BPF_CORE_READ(sk, sk_max_ack_backlog);
    u32 length = BPF_CORE_READ(sk, sk_ack_backlog);
    _Bool full = length > limit; /* sk_acceptq_is_full() */
    struct net *net;
    u32 half_open;
    u64 cookies;
    _Bool no_room;

    if (!full && !watch_syn_queue)
        return 0;
    net = BPF_CORE_READ(sk, __sk_common.skc_net.net);
    half_open = BPF_CORE_READ(connections, icsk_accept_queue.qlen.counter);
    cookies = BPF_CORE_READ_BITFIELD_PROBED(net, ipv4.sysctl_tcp_syncookies);
    no_room = half_open >= limit + syn_queue_extra; /* inet_csk_reqsk_queue_is_full() */
    if (no_room && !cookies)
        return watch_syn_queue ? count(sk, skb, BACKLOG_SYN_DROPPED, half_open, limit) : 0;
    if (full)
        return count(sk, skb, BACKLOG_ACCEPT_AT_SYN, length, limit);
    return no_room ? count(sk, skb, BACKLOG_SYN_COOKIE, half_open, limit) : 0;
}

static __always_inline int at_ack(struct sock *sk, struct sk_buff *skb)
{
    u32 limit = BPF_CORE_READ(sk, sk_max_ack_backlog);
    u32 length = BPF_CORE_READ(sk, sk_ack_backlog);

    return length > limit ? count(sk, skb, BACKLOG_ACCEPT_AT_ACK, length, limit) : 0;
}

/* An IPv4 client of a listener on [::]: tcp_v6_syn_recv_sock() calls tcp_v4_syn_recv_sock(), where it is counted. */
static __always_inline int at_ack_v6(struct sock *sk, struct sk_buff *skb)
{
    return BPF_CORE_READ(skb, protocol) == bpf_htons(ETH_P_IP) ? 0 : at_ack(sk, skb);
}

SEC("kprobe")
int BPF_KPROBE(backlog_syn_kprobe, void *request_ops, void *family_ops, struct sock *sk, struct sk_buff *skb)
{
    return at_syn(sk, skb);
}

SEC("kprobe")
int BPF_KPROBE(backlog_ack_v4_kprobe, struct sock *sk, struct sk_buff *skb)
{
    return at_ack(sk, skb);
}

SEC("kprobe")
int BPF_KPROBE(backlog_ack_v6_kprobe, struct sock *sk, struct sk_buff *skb)
{
    return at_ack_v6(sk, skb);
}

SEC("fentry/tcp_conn_request")
int backlog_syn_fentry(u64 *arguments)
{
    return at_syn((void *)arguments[2], (void *)arguments[3]);
}

SEC("fentry/tcp_v4_syn_recv_sock")
int backlog_ack_v4_fentry(u64 *arguments)
{
    return at_ack((void *)arguments[0], (void *)arguments[1]);
}

SEC("fentry/tcp_v6_syn_recv_sock")
int backlog_ack_v6_fentry(u64 *arguments)
{
    return at_ack_v6((void *)arguments[0], (void *)arguments[1]);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
