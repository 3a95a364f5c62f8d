// The names of Services by their addresses and ports, from what a node knows of them without an API server.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/address.hpp"

namespace podsnoop {

/// A Service's address, as a rule or a container's environment tells it.
struct NamedService {
    Endpoint endpoint;  ///< the address is unknown for a node port
    std::string name;   ///< "namespace/name", and ":port" where the port has a name

    auto operator<=>(const NamedService&) const = default;
};

/// Names of Services. Where two are told for one address, none is.
class ServiceNames {
  public:
    /// At most 65,536; more are left out.
    void add(NamedService service);
    /// Null where unknown.
    [[nodiscard]] const std::string* find(const Endpoint& endpoint) const;
    /// Of a node port: for connections to one of the node's addresses that are known to be translated.
    [[nodiscard]] const std::string* find_node_port(std::uint16_t port) const;
    [[nodiscard]] std::size_t size() const { return names_.size(); }

  private:
    struct Hash {
        std::size_t operator()(const Endpoint& endpoint) const noexcept;
    };
    std::unordered_map<Endpoint, std::string, Hash> names_;  ///< empty where contested
};

/// The name in kube-proxy's rule comments: "default/kubernetes:https cluster IP" (also "external IP" and
/// "loadbalancer IP"), or alone, as with node ports. Nothing where it is none.
std::optional<std::string> service_of_comment(std::string_view comment);
/// The name in the name of a chain of kube-proxy's nftables mode: "service-ULMVA6XW-shop/cart/tcp/http".
/// Nothing where it is none, not of TCP, or was too long for the kernel and cut.
std::optional<std::string> service_of_chain(std::string_view chain);

/// Services in a container's environment (as /proc/PID/environ has it), where the kubelet put the Services of
/// its pod's namespace: CART_SERVICE_HOST, CART_SERVICE_PORT, CART_SERVICE_PORT_HTTP. Told only where
/// CART_PORT_80_TCP_ADDR, which nobody writes by hand, says the same.
std::vector<NamedService> services_in_environment(std::string_view environment, std::string_view pod_namespace);

}  // namespace podsnoop
