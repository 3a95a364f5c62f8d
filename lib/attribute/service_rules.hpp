// Services in the rules that kube-proxy keeps in the kernel: of iptables, old and new, and of nftables.
#pragma once

#include <optional>
#include <vector>

#include "attribute/service_names.hpp"
#include "base/bytes.hpp"

namespace podsnoop {

// kube-proxy's names of tables and chains (pkg/proxy/iptables, pkg/proxy/nftables; the latter since
// Kubernetes 1.29).
inline constexpr const char* iptables_table = "nat";
inline constexpr const char* services_chain = "KUBE-SERVICES";
inline constexpr const char* node_ports_chain = "KUBE-NODEPORTS";
inline constexpr const char* nftables_table = "kube-proxy";
inline constexpr const char* services_map = "service-ips";
inline constexpr const char* node_ports_map = "service-nodeports";

/// The Service that an iptables rule kept in nf_tables is for: what follows the header of an NFT_MSG_NEWRULE
/// message.
std::optional<NamedService> service_of_nft_rule(Bytes message);

/// The Services in elements of one of kube-proxy's maps: what follows the header of an NFT_MSG_NEWSETELEM
/// message.
std::vector<NamedService> services_of_nft_elements(Bytes message);

/// The Services in a whole table of the older iptables, as IPT_SO_GET_ENTRIES (or, `v6`, IP6T_SO_GET_ENTRIES)
/// gives it: struct ipt_entry or ip6t_entry, each with matches and a target. What follows an entry that is
/// cut is left out.
std::vector<NamedService> services_of_xt_table(Bytes entries, bool v6);

}  // namespace podsnoop
