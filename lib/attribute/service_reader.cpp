#include "attribute/service_reader.hpp"

#include <netinet/in.h>  // before the kernel's headers, which then leave out what it has

#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter_ipv4/ip_tables.h>
#include <linux/netfilter_ipv6/ip6_tables.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <utility>
#include <vector>

#include "attribute/service_rules.hpp"
#include "node/file.hpp"
#include "node/netlink_socket.hpp"

namespace podsnoop {

namespace {

/// A table larger than this is not read: 20,000 Services of a few pods each.
constexpr std::size_t table_limit = std::size_t{64} << 20;

/// A namespace with many Services: each has about seven variables of 40 bytes.
constexpr std::size_t environment_limit = std::size_t{1} << 20;

constexpr std::uint16_t nft_type(int message) { return static_cast<std::uint16_t>(NFNL_SUBSYS_NFTABLES << 8 | message); }

/// With the zero byte that the kernel wants.
Bytes with_zero(const char* text) { return std::as_bytes(std::span(text, std::strlen(text) + 1)); }

/// Asks for all there is of one kind in a table; an answer that ends in an error (no such table) is what was
/// told.
template <class F>
void dump(NetlinkSocket& socket, int message, std::uint8_t family, std::pair<std::uint16_t, const char*> table,
          std::pair<std::uint16_t, const char*> part, F read) {
    NetlinkMessage question(nft_type(message), NLM_F_DUMP);
    question.add(nfgenmsg{.nfgen_family = family, .version = NFNETLINK_V0, .res_id = 0})
        .attribute(table.first, with_zero(table.second))
        .attribute(part.first, with_zero(part.second));
    static_cast<void>(socket.ask(question, [&](std::uint16_t, Bytes body) { read(body); }));
}

void read_nf_tables(ServiceNames& names) {
    NetlinkSocket socket = NetlinkSocket::open(NETLINK_NETFILTER);
    if (!socket) return;
    for (const std::uint8_t family : {NFPROTO_IPV4, NFPROTO_IPV6}) {
        for (const char* chain : {services_chain, node_ports_chain})
            dump(socket, NFT_MSG_GETRULE, family, {NFTA_RULE_TABLE, iptables_table}, {NFTA_RULE_CHAIN, chain}, [&](Bytes body) {
                if (auto service = service_of_nft_rule(body)) names.add(std::move(*service));
            });
        for (const char* map : {services_map, node_ports_map})
            dump(socket, NFT_MSG_GETSETELEM, family, {NFTA_SET_ELEM_LIST_TABLE, nftables_table}, {NFTA_SET_ELEM_LIST_SET, map},
                 [&](Bytes body) {
                     for (auto& service : services_of_nft_elements(body)) names.add(std::move(service));
                 });
    }
}

/// Whether the older iptables has this table here. Asking for one that it has not would make it, with its
/// hooks.
bool has_table(const char* list) {
    const std::string names = read_file(list, 4096).value_or("");
    for (std::string_view rest = names; !rest.empty();) {
        const std::string_view name = rest.substr(0, rest.find('\n'));
        if (name == iptables_table) return true;
        rest.remove_prefix(std::min(name.size() + 1, rest.size()));
    }
    return false;
}

/// `Info` and `Entries` are the structs of IPv4 or IPv6, which differ in nothing but their names.
template <class Info, class Entries>
std::vector<std::byte> read_xt_table(const Fd& fd, int level, int get_info, int get_entries) {
    constexpr int attempts = 3;  // the table may be replaced in between, and then EAGAIN
    for (int i = 0; i < attempts; ++i) {
        Info info{};
        socklen_t size = sizeof(info);
        std::strncpy(info.name, iptables_table, sizeof(info.name) - 1);
        if (::getsockopt(fd.get(), level, get_info, &info, &size) != 0 || info.size > table_limit) return {};
        std::vector<std::byte> table(sizeof(Entries) + info.size);
        std::memcpy(table.data(), &info.name, sizeof(info.name));
        std::memcpy(table.data() + offsetof(Entries, size), &info.size, sizeof(info.size));
        size = static_cast<socklen_t>(table.size());
        if (::getsockopt(fd.get(), level, get_entries, table.data(), &size) == 0) {
            table.erase(table.begin(), table.begin() + sizeof(Entries));
            return table;
        }
        if (errno != EAGAIN) return {};
    }
    return {};
}

void read_legacy_iptables(ServiceNames& names) {
    std::vector<NamedService> found;
    if (has_table("/proc/thread-self/net/ip_tables_names")) {
        const Fd fd(::socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW));
        found = services_of_xt_table(
            read_xt_table<ipt_getinfo, ipt_get_entries>(fd, IPPROTO_IP, IPT_SO_GET_INFO, IPT_SO_GET_ENTRIES), false);
    }
    for (NamedService& service : found) names.add(std::move(service));
    found.clear();
    if (has_table("/proc/thread-self/net/ip6_tables_names")) {
        const Fd fd(::socket(AF_INET6, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW));
        found = services_of_xt_table(
            read_xt_table<ip6t_getinfo, ip6t_get_entries>(fd, IPPROTO_IPV6, IP6T_SO_GET_INFO, IP6T_SO_GET_ENTRIES), true);
    }
    for (NamedService& service : found) names.add(std::move(service));
}

void read_environments(std::span<const PodRecord> pods, const std::string& root, ServiceNames& names) {
    for (const PodRecord& pod : pods)
        for (const PodContainer& container : pod.containers) {
            if (container.pid == 0) continue;
            const auto text = read_file(root + "/proc/" + std::to_string(container.pid) + "/environ", environment_limit);
            for (auto& service : services_in_environment(text.value_or(""), pod.namespace_name)) names.add(std::move(service));
        }
}

}  // namespace

ServiceNames read_service_names(const NetworkNamespace& node, std::span<const PodRecord> pods, const std::string& root) {
    ServiceNames names;
    if (auto visit = NetnsVisit::enter(node)) {
        read_nf_tables(names);
        read_legacy_iptables(names);
    }
    // A pod may say in its environment what it likes: it is asked only where no rule tells.
    if (names.size() == 0) read_environments(pods, root, names);
    return names;
}

}  // namespace podsnoop
