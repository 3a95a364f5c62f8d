// A pod's /etc/hosts, which the kubelet writes on the node (/var/lib/kubelet/pods/UID/etc-hosts).
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "base/address.hpp"

namespace podsnoop {

struct HostsFile {
    bool host_network = false;       ///< it is the node's own hosts file with the kubelet's line above it
    std::vector<Address> addresses;  ///< the pod's, at most one of a family; empty with hostNetwork
};

/// Reads what the kubelet put there when the pod's last container started (pkg/kubelet/kubelet_pods.go,
/// managedHostsFileContent). Nothing where it was not the kubelet that wrote it, or where somebody else wrote in it since:
/// it is mounted writable into the pod, so what it says has to be confirmed where that is possible.
std::optional<HostsFile> read_hosts_file(std::string_view text);

}  // namespace podsnoop
