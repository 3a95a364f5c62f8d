#include "capture/links.hpp"

#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

#include "base/bytes.hpp"
#include "node/netlink.hpp"
#include "node/reason.hpp"

namespace podsnoop {

namespace {

constexpr const char* what = "cannot list network interfaces";

Result<Fd> open_socket(std::uint32_t groups) {
    Fd fd(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE));
    sockaddr_nl address{};
    address.nl_family = AF_NETLINK;
    address.nl_groups = groups;
    if (!fd || ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0)
        return fail(what, "", reason_of(errno));
    return fd;
}

std::string as_terminated(Bytes value) {
    std::string text(as_text(value));
    text.resize(std::strlen(text.c_str()));
    return text;
}

/// In an attribute of attributes.
std::string kind_of(Bytes info) {
    while (const auto attribute = take<rtattr>(info)) {
        const Bytes value = take_body(info, attribute->rta_len, sizeof(rtattr));
        if (attribute->rta_type == IFLA_INFO_KIND) return as_terminated(value);
    }
    return {};
}

void read_link(Bytes body, LinksByIndex& links) {
    const auto info = take<ifinfomsg>(body);
    if (!info || info->ifi_index <= 0) return;
    Link link;
    link.up = (info->ifi_flags & IFF_UP) != 0;
    while (const auto attribute = take<rtattr>(body)) {
        const Bytes value = take_body(body, attribute->rta_len, sizeof(rtattr));
        if (attribute->rta_type == IFLA_IFNAME) link.name = as_terminated(value);
        if (attribute->rta_type == IFLA_LINKINFO) link.kind = kind_of(value);
    }
    links[static_cast<std::uint32_t>(info->ifi_index)] = std::move(link);
}

void read_address(Bytes body, std::vector<Address>& addresses) {
    if (!take<ifaddrmsg>(body)) return;
    Address address;
    while (const auto attribute = take<rtattr>(body)) {
        const Bytes value = take_body(body, attribute->rta_len, sizeof(rtattr));
        // IFA_ADDRESS is the peer's on a point-to-point link, where IFA_LOCAL is the own.
        if (attribute->rta_type == IFA_LOCAL || (attribute->rta_type == IFA_ADDRESS && address.family == 0))
            address = Address::from(value);
    }
    if (address.family != 0) addresses.push_back(address);
}

/// Reads one datagram of an answer. Gives whether it was the last.
Result<bool> read_answer(Bytes bytes, std::uint32_t sequence, LinksByIndex& links, std::vector<Address>& addresses) {
    while (const auto header = take<nlmsghdr>(bytes)) {
        Bytes body = take_body(bytes, header->nlmsg_len, sizeof(nlmsghdr));
        if (header->nlmsg_seq != sequence) continue;
        if (header->nlmsg_type == NLMSG_DONE) return true;
        if (header->nlmsg_type == RTM_NEWLINK) read_link(body, links);
        if (header->nlmsg_type == RTM_NEWADDR) read_address(body, addresses);
        if (header->nlmsg_type == NLMSG_ERROR) {
            const auto error = take<nlmsgerr>(body);
            return fail(what, "", reason_of(error ? -error->error : EBADMSG));
        }
    }
    return false;
}

}  // namespace

Result<Links> Links::open() {
    Links links;
    // The monitor first: a change between the two is then seen twice rather than never.
    auto monitor = open_socket(RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR);
    if (!monitor) return std::unexpected(monitor.error());
    auto query = open_socket(0);
    if (!query) return std::unexpected(query.error());
    links.monitor_ = std::move(*monitor);
    links.query_ = std::move(*query);
    if (auto done = links.refresh(); !done) return std::unexpected(done.error());
    return links;
}

std::uint32_t Links::index_of(std::string_view name) const noexcept {
    for (const auto& [index, link] : links_)
        if (link.name == name) return index;
    return 0;
}

bool Links::take_change() {
    std::array<std::byte, 64> ignored;  // messages are cut: only that there are any matters
    bool changed = false;
    for (;;) {
        const ssize_t count = ::recv(monitor_.get(), ignored.data(), ignored.size(), MSG_DONTWAIT);
        if (count < 0 && errno != ENOBUFS && errno != EINTR) return changed;
        changed = true;
    }
}

Result<void> Links::refresh() {
    LinksByIndex links;
    std::vector<Address> addresses;
    for (const std::uint16_t type : {RTM_GETLINK, RTM_GETADDR})
        if (auto done = ask(type, links, addresses); !done) return done;
    std::ranges::sort(addresses);
    addresses.erase(std::ranges::unique(addresses).begin(), addresses.end());
    links_ = std::move(links);
    addresses_ = std::move(addresses);
    return {};
}

/// Asks for all there is of one kind.
Result<void> Links::ask(std::uint16_t type, LinksByIndex& links, std::vector<Address>& addresses) {
    // A request for addresses has a smaller header of its own, which starts with the family too.
    struct {
        nlmsghdr header;
        ifinfomsg info;
    } request{};
    request.header.nlmsg_len = sizeof(request);
    request.header.nlmsg_type = type;
    request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
    request.header.nlmsg_seq = ++sequence_;
    request.info.ifi_family = AF_UNSPEC;
    if (::send(query_.get(), &request, sizeof(request), 0) < 0) return fail(what, "", reason_of(errno));

    // The kernel fills an answer's datagrams up to 32 KiB (net/netlink/af_netlink.c), and at once on the
    // first read.
    alignas(nlmsghdr) std::array<std::byte, 64 * 1024> buffer;
    for (bool last = false; !last;) {
        const ssize_t count = ::recv(query_.get(), buffer.data(), buffer.size(), 0);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return fail(what, "", reason_of(errno));
        auto answer = read_answer(Bytes(buffer).first(static_cast<std::size_t>(count)), sequence_, links, addresses);
        if (!answer) return std::unexpected(answer.error());
        last = *answer;
    }
    return {};
}

}  // namespace podsnoop
