#include "attribute/pod_network.hpp"

#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/net_namespace.h>
#include <linux/rtnetlink.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <span>
#include <utility>

#include "node/netlink.hpp"
#include "node/reason.hpp"

namespace podsnoop {

namespace {

constexpr const char* what = "cannot list network interfaces";

// Far above what a namespace of a pod or a node has, so that a hostile one ends.
constexpr std::size_t most_links = 65'536, most_addresses = 64;

template <class T>
Bytes bytes_of(const T& value) {
    return std::as_bytes(std::span(&value, 1));
}

/// A text up to its NUL.
std::string text_of(Bytes value) {
    const std::string_view text = as_text(value);
    return std::string(text.substr(0, text.find('\0')));
}

NetworkLink read_link(const ifinfomsg& info, Bytes attributes) {
    NetworkLink link;
    link.index = static_cast<std::uint32_t>(info.ifi_index);
    while (auto attribute = take_attribute(attributes)) {
        Bytes& value = attribute->value;
        switch (attribute->type) {
            case IFLA_IFNAME: link.name = text_of(value); break;
            case IFLA_LINK: link.peer = take<std::uint32_t>(value).value_or(0); break;
            case IFLA_LINK_NETNSID: link.peer_netns = take<std::int32_t>(value).value_or(-1); break;
            case IFLA_LINKINFO:
                while (const auto nested = take_attribute(value))
                    if (nested->type == IFLA_INFO_KIND) link.veth = text_of(nested->value) == "veth";
                break;
            default: break;
        }
    }
    return link;
}

void read_address(const ifaddrmsg& info, Bytes attributes, std::vector<NetworkLink>& links) {
    const auto link = std::ranges::find(links, info.ifa_index, &NetworkLink::index);
    if (info.ifa_scope != RT_SCOPE_UNIVERSE || link == links.end() || link->addresses.size() == most_addresses) return;
    // Of a point-to-point interface IFA_ADDRESS is the other end's (linux/if_addr.h).
    Address address, local;
    while (const auto attribute = take_attribute(attributes)) {
        if (attribute->type == IFA_ADDRESS) address = Address::from(attribute->value);
        if (attribute->type == IFA_LOCAL) local = Address::from(attribute->value);
    }
    if (local.family != 0) address = local;
    if (address.family != 0) link->addresses.push_back(address);
}

Result<std::vector<NetworkLink>> ask_links(NetlinkSocket& socket) {
    std::vector<NetworkLink> links;
    NetlinkMessage ask_for_links(RTM_GETLINK, NLM_F_DUMP);
    constexpr std::uint32_t without_counters = RTEXT_FILTER_SKIP_STATS;  // from Linux 4.4 on; else they come too
    ask_for_links.add(ifinfomsg{}).attribute(IFLA_EXT_MASK, bytes_of(without_counters));
    int error = socket.ask(ask_for_links, [&](std::uint16_t type, Bytes body) {
        const auto info = take<ifinfomsg>(body);
        if (type == RTM_NEWLINK && info && info->ifi_index > 0 && links.size() < most_links)
            links.push_back(read_link(*info, body));
    });
    if (error != 0) return fail(what, "", reason_of(error));
    return links;
}

}  // namespace

Result<std::vector<NetworkLink>> read_links(const NetworkNamespace& netns) {
    auto visit = NetnsVisit::enter(netns);
    if (!visit) return std::unexpected(visit.error());
    NetlinkSocket socket = NetlinkSocket::open(NETLINK_ROUTE);
    const int error = errno;
    if (auto left = visit->leave(); !left) return std::unexpected(left.error());
    if (!socket) return fail(what, "", reason_of(error));
    auto links = ask_links(socket);
    if (!links) return links;
    NetlinkMessage ask_for_addresses(RTM_GETADDR, NLM_F_DUMP);
    ask_for_addresses.add(ifaddrmsg{});
    const int failed = socket.ask(ask_for_addresses, [&](std::uint16_t type, Bytes body) {
        const auto info = take<ifaddrmsg>(body);
        if (type == RTM_NEWADDR && info) read_address(*info, body, *links);
    });
    if (failed != 0) return fail(what, "", reason_of(failed));
    return links;
}

Result<NodeVeths> NodeVeths::read(const NetworkNamespace& node) {
    NodeVeths veths;
    auto visit = NetnsVisit::enter(node);
    if (!visit) return std::unexpected(visit.error());
    veths.socket_ = NetlinkSocket::open(NETLINK_ROUTE);
    const int error = errno;
    if (auto left = visit->leave(); !left) return std::unexpected(left.error());
    if (!veths.socket_) return fail(what, "", reason_of(error));
    auto links = ask_links(veths.socket_);
    if (!links) return std::unexpected(links.error());
    std::erase_if(*links, [](const NetworkLink& link) { return !link.veth || link.peer_netns < 0; });
    veths.veths_ = std::move(*links);
    return veths;
}

std::string NodeVeths::leading_to(const NetworkNamespace& netns, const NetworkLink& link) {
    if (!link.veth || link.peer_netns < 0 || !socket_) return {};
    const auto veth = std::ranges::find(veths_, link.peer, &NetworkLink::index);
    if (veth == veths_.end() || veth->peer != link.index) return {};
    // The node's id for that namespace: from Linux 4.0 on.
    NetlinkMessage ask_for_id(RTM_GETNSID, 0);
    const auto fd = static_cast<std::uint32_t>(netns.fd());
    ask_for_id.add(rtgenmsg{}).attribute(NETNSA_FD, bytes_of(fd));
    std::int32_t id = -1;
    const int error = socket_.ask(ask_for_id, [&](std::uint16_t type, Bytes body) {
        if (type != RTM_NEWNSID || !take<rtgenmsg>(body)) return;
        while (auto attribute = take_attribute(body))
            if (attribute->type == NETNSA_NSID) id = take<std::int32_t>(attribute->value).value_or(-1);
    });
    return error == 0 && id == veth->peer_netns ? veth->name : std::string();
}

}  // namespace podsnoop
