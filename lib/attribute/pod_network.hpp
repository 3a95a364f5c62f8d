// What the kernel says of a pod's network: the addresses in its namespace, and which of the node's interfaces leads
// there.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/address.hpp"
#include "base/result.hpp"
#include "node/netlink_socket.hpp"
#include "node/netns.hpp"

namespace podsnoop {

/// An interface, as rtnetlink tells it.
struct NetworkLink {
    std::uint32_t index = 0;
    std::string name;
    bool veth = false;
    std::uint32_t peer = 0;        ///< index of the one it is tied to (IFLA_LINK); 0 where there is none
    std::int32_t peer_netns = -1;  ///< id, in this namespace, of the one where that is; -1: here
    std::vector<Address> addresses{};  ///< of global scope
};

/// The interfaces of a namespace. Enters it, which needs CAP_SYS_ADMIN where it is not our own.
Result<std::vector<NetworkLink>> read_links(const NetworkNamespace& netns);

/// The node's ends of veths.
class NodeVeths {
  public:
    /// Those in the namespace of the node itself.
    static Result<NodeVeths> read(const NetworkNamespace& node);

    /// The name of the one whose other end is `link` in that namespace; empty where there is none. Indexes alone do not
    /// tell: the first interface of each pod mostly has the same.
    std::string leading_to(const NetworkNamespace& netns, const NetworkLink& link);

  private:
    NetlinkSocket socket_;  // in the node's namespace
    std::vector<NetworkLink> veths_;
};

}  // namespace podsnoop
