// What the node's NAT made of a connection: the Service address its client called, and the pod that answered.
#pragma once

#include <cstdint>
#include <optional>

#include "base/address.hpp"
#include "base/bytes.hpp"
#include "base/result.hpp"
#include "node/netlink_socket.hpp"
#include "node/netns.hpp"

namespace podsnoop {

/// A connection on both sides of a translation: its client's packets go from `client` to `service`, and
/// arrive as from `source` to `backend`. At least one of `service` and `backend`, `client` and `source`
/// differ.
struct Translation {
    Endpoint client, service;
    Endpoint source, backend;

    /// Else only the client's address was replaced, as by masquerading.
    [[nodiscard]] bool by_service() const { return service != backend; }
    auto operator<=>(const Translation&) const = default;
};

/// Reads what follows the header of an IPCTNL_MSG_CT_NEW message. Nothing where it is cut, not of TCP, or
/// where nothing was translated.
std::optional<Translation> parse_conntrack(Bytes body);

/// The connections tracked in one network namespace, asked one by one. Kubernetes translates in the node's
/// own.
class Conntrack {
  public:
    /// Whether the kernel tracks connections at all, which it does from when its module is loaded. To ask it
    /// by netlink would load that.
    static bool is_on();

    /// Fails where CAP_NET_ADMIN is missing.
    static Result<Conntrack> open(const NetworkNamespace& node);

    /// The translation of a connection as it was seen on either side of it; nothing where there is none. Only
    /// the default zone is asked: Open vSwitch and some network plugins keep others.
    std::optional<Translation> find(const Endpoint& client, const Endpoint& server);

  private:
    Conntrack() = default;
    /// That of which one of the two directions goes like this.
    int ask(const Endpoint& from, const Endpoint& to, std::optional<Translation>& found);

    NetlinkSocket socket_;
};

}  // namespace podsnoop
