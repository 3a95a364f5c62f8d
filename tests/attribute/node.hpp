// A node of a cluster in small: its own network namespace, and pods joined to it by veths.
#pragma once

#include <string>

#include "base/address.hpp"
#include "base/fd.hpp"
#include "network.hpp"
#include "node/netns.hpp"

namespace podsnoop {

inline Endpoint endpoint_of(const char* address, std::uint16_t port) { return {parse_address(address).value(), port}; }

/// The node 10.99.0.1 (fd99::1) with a pod in another namespace, 10.99.0.2 (fd99::2), and the Service
/// addresses 10.96.0.0/16 routed to it. This thread is in the node's namespace until it goes.
class TestNode {
  public:
    static Result<TestNode> make();

    [[nodiscard]] const NetworkNamespace& netns() const { return node_; }
    [[nodiscard]] const NetworkNamespace& pod() const { return pod_; }
    /// Runs a command in the node's namespace; false where it failed.
    [[nodiscard]] static bool run(const std::string& command);

  private:
    TestNode(TestNetwork network, NetworkNamespace node, NetworkNamespace pod)
        : network_(std::move(network)), node_(std::move(node)), pod_(std::move(pod)) {}
    TestNetwork network_;
    NetworkNamespace node_, pod_;
};

/// A socket that listens, made in the namespace this thread is in, or in another.
Fd listen_at(const Endpoint& local, int backlog = 16, bool v6_only = false, bool reuse_port = false);
Fd listen_in(const NetworkNamespace& netns, const Endpoint& local);
/// A connection to a server, which must be there.
Fd connect_to(const Endpoint& server);
Fd connect_from(const NetworkNamespace& netns, const Endpoint& server);
Fd accept_from(const Fd& listener);
Endpoint local_of(const Fd& socket);
Endpoint remote_of(const Fd& socket);
std::uint32_t inode_of(const Fd& socket);

}  // namespace podsnoop
