// Reads the names of Services on this node: kube-proxy's rules in the kernel, else containers' environments.
#pragma once

#include <span>
#include <string>

#include "attribute/service_names.hpp"
#include "event/pod.hpp"
#include "node/netns.hpp"

namespace podsnoop {

/// Reads kube-proxy's rules in the node's network namespace (iptables as nf_tables and legacy keep it,
/// nftables; IPv4 and IPv6), and where there are none, the environments of the pods' containers below `root`.
/// Where nothing is known or may be read it is empty. It changes nothing and makes no table, and takes some
/// 100 ms where there are 10,000 Services.
ServiceNames read_service_names(const NetworkNamespace& node, std::span<const PodRecord> pods, const std::string& root);

}  // namespace podsnoop
