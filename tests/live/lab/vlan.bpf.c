// Traffic-control programs that make plain traffic VLAN traffic: pushing 802.1Q or 802.1ad tags on the way out,
// taking them off on the way in.
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define CUSTOMER_TAG 5
#define SERVICE_TAG 7

SEC("classifier/push_one") int push_one(struct __sk_buff* skb) {
    return bpf_skb_vlan_push(skb, bpf_htons(ETH_P_8021Q), CUSTOMER_TAG) ? TC_ACT_SHOT : TC_ACT_OK;
}

SEC("classifier/push_two") int push_two(struct __sk_buff* skb) {
    if (bpf_skb_vlan_push(skb, bpf_htons(ETH_P_8021Q), CUSTOMER_TAG) ||
        bpf_skb_vlan_push(skb, bpf_htons(ETH_P_8021AD), SERVICE_TAG))
        return TC_ACT_SHOT;
    return TC_ACT_OK;
}

SEC("classifier/pop_all") int pop_all(struct __sk_buff* skb) {
    // Each pop takes the tag in the metadata and moves the next one, if there is any, there.
    for (int i = 0; i < 2; i++)
        if (skb->vlan_present && bpf_skb_vlan_pop(skb)) return TC_ACT_SHOT;
    return TC_ACT_OK;
}

char license_text[] SEC("license") = "GPL";
