#include "attribute/service_rules.hpp"

#include <doctest/doctest.h>
#include <netinet/in.h>  // before the kernel's headers, which then leave out what it has

#include <arpa/inet.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nf_tables_compat.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/xt_tcpudp.h>
#include <linux/netfilter_ipv4/ip_tables.h>

#include <cstring>
#include <span>
#include <string_view>

#include "damage.hpp"
#include "node/netlink_socket.hpp"

using namespace podsnoop;

namespace {

Endpoint at(const char* address, std::uint16_t port) { return {parse_address(address).value(), port}; }

using Services = std::vector<NamedService>;

constexpr std::string_view cluster_ip = "default/kubernetes:https cluster IP";

/// A message of nf_tables in the making; numbers are big endian there.
class NftMessage {
  public:
    NftMessage() { message_.add(nfgenmsg{.nfgen_family = AF_INET, .version = NFNETLINK_V0, .res_id = 0}); }

    void number(std::uint16_t type, std::uint32_t value) {
        const std::uint32_t big = htonl(value);
        message_.attribute(type, std::as_bytes(std::span(&big, 1)));
    }
    void text(std::uint16_t type, std::string_view value) { message_.attribute(type, as_bytes(std::string(value) + '\0')); }
    void data(std::uint16_t type, std::initializer_list<unsigned> bytes) {
        std::vector<std::byte> value;
        for (const unsigned byte : bytes) value.push_back(static_cast<std::byte>(byte));
        message_.attribute(type, value);
    }
    template <class F>
    void nest(std::uint16_t type, F fill) {
        const auto opened = message_.open(type);
        fill();
        message_.close(opened);
    }
    template <class F>
    void expression(const char* name, F fill) {
        nest(NFTA_LIST_ELEM, [&] {
            text(NFTA_EXPR_NAME, name);
            nest(NFTA_EXPR_DATA, fill);
        });
    }
    void payload(std::uint32_t base, std::uint32_t offset, std::uint32_t length) {
        expression("payload", [&] {
            number(NFTA_PAYLOAD_DREG, 1);
            number(NFTA_PAYLOAD_BASE, base);
            number(NFTA_PAYLOAD_OFFSET, offset);
            number(NFTA_PAYLOAD_LEN, length);
        });
    }
    void compare(std::initializer_list<unsigned> bytes, std::uint32_t operation = NFT_CMP_EQ) {
        expression("cmp", [&] {
            number(NFTA_CMP_SREG, 1);
            number(NFTA_CMP_OP, operation);
            nest(NFTA_CMP_DATA, [&] { data(NFTA_DATA_VALUE, bytes); });
        });
    }
    void protocol(unsigned protocol) {
        expression("meta", [&] {
            number(NFTA_META_KEY, NFT_META_L4PROTO);
            number(NFTA_META_DREG, 1);
        });
        compare({protocol});
    }
    void comment(std::string_view comment) {
        std::string info(comment);
        info.resize(256);
        match("comment", as_bytes(info));
    }
    void match(const char* name, Bytes info) {
        expression("match", [&] {
            text(NFTA_MATCH_NAME, name);
            message_.attribute(NFTA_MATCH_INFO, info);
        });
    }
    std::vector<std::byte> body() {
        const Bytes bytes = message_.finish(1).subspan(NLMSG_HDRLEN);
        return {bytes.begin(), bytes.end()};
    }

  private:
    NetlinkMessage message_{0, 0};
};

/// A rule as iptables 1.8.9 makes it; `fill` puts its expressions.
template <class F>
std::vector<std::byte> rule(const char* chain, F fill) {
    NftMessage message;
    message.text(NFTA_RULE_TABLE, "nat");
    message.text(NFTA_RULE_CHAIN, chain);
    message.nest(NFTA_RULE_EXPRESSIONS, [&] { fill(message); });
    return message.body();
}

void destination(NftMessage& m) {
    m.payload(NFT_PAYLOAD_NETWORK_HEADER, 16, 4);
    m.compare({10, 96, 0, 1});
}

void port(NftMessage& m) {
    m.payload(NFT_PAYLOAD_TRANSPORT_HEADER, 2, 2);
    m.compare({0x01, 0xbb});
}

std::vector<std::byte> element(std::initializer_list<unsigned> key, const char* chain) {
    NftMessage message;
    message.nest(NFTA_SET_ELEM_LIST_ELEMENTS, [&] {
        message.nest(NFTA_LIST_ELEM, [&] {
            message.nest(NFTA_SET_ELEM_KEY, [&] { message.data(NFTA_DATA_VALUE, key); });
            message.nest(NFTA_SET_ELEM_DATA, [&] {
                message.nest(NFTA_DATA_VERDICT, [&] {
                    message.number(NFTA_VERDICT_CODE, static_cast<std::uint32_t>(NFT_GOTO));
                    message.text(NFTA_VERDICT_CHAIN, chain);
                });
            });
        });
    });
    return message.body();
}

/// An entry of the older iptables: its chain's name where `chain` is one, else a rule for 10.96.0.1:443.
std::vector<std::byte> xt_entry(std::string_view chain, std::string_view comment, bool with_destination = true,
                                std::uint8_t inverted = 0) {
    std::vector<std::byte> bytes(sizeof(ipt_entry));
    const auto extension = [&](std::string_view name, Bytes info) {
        xt_entry_match head{};
        head.u.user.match_size = static_cast<std::uint16_t>(sizeof(head) + (info.size() + 7) / 8 * 8);
        name.copy(head.u.user.name, sizeof(head.u.user.name) - 1);
        const Bytes begin = std::as_bytes(std::span(&head, 1));
        const std::size_t end = bytes.size() + head.u.user.match_size;
        bytes.insert(bytes.end(), begin.begin(), begin.end());
        bytes.insert(bytes.end(), info.begin(), info.end());
        bytes.resize(end);
    };
    ipt_entry entry{};
    if (chain.empty()) {
        entry.ip.proto = IPPROTO_TCP;
        entry.ip.invflags = inverted;
        if (with_destination) {
            entry.ip.dst.s_addr = inet_addr("10.96.0.1");
            entry.ip.dmsk.s_addr = ~0U;
        }
        std::string info(comment);
        info.resize(256);
        extension("comment", as_bytes(info));
        const xt_tcp tcp{.spts = {0, 65535}, .dpts = {443, 443}, .option = 0, .flg_mask = 0, .flg_cmp = 0, .invflags = 0};
        extension("tcp", std::as_bytes(std::span(&tcp, 1)));
    }
    entry.target_offset = static_cast<std::uint16_t>(bytes.size());
    std::string name(chain);
    name.resize(32);
    extension(chain.empty() ? "" : XT_ERROR_TARGET, as_bytes(name));
    entry.next_offset = static_cast<std::uint16_t>(bytes.size());
    std::memcpy(bytes.data(), &entry, sizeof(entry));
    return bytes;
}

std::vector<std::byte> table(std::initializer_list<std::vector<std::byte>> entries) {
    std::vector<std::byte> all;
    for (const auto& entry : entries) all.insert(all.end(), entry.begin(), entry.end());
    return all;
}

}  // namespace

TEST_CASE("rules: iptables in nf_tables") {
    const auto bytes = rule("KUBE-SERVICES", [](NftMessage& m) {
        m.protocol(IPPROTO_TCP);
        destination(m);
        m.comment(cluster_ip);
        port(m);
    });
    CHECK(service_of_nft_rule(bytes) == NamedService{at("10.96.0.1", 443), "default/kubernetes:https"});
    with_damage(bytes, [](Bytes damaged) { static_cast<void>(service_of_nft_rule(damaged)); });
}

TEST_CASE("rules: ports were matched by an iptables match before") {
    const xt_tcp tcp{.spts = {0, 65535}, .dpts = {443, 443}, .option = 0, .flg_mask = 0, .flg_cmp = 0, .invflags = 0};
    const auto bytes = rule("KUBE-SERVICES", [&](NftMessage& m) {
        m.protocol(IPPROTO_TCP);
        destination(m);
        m.comment(cluster_ip);
        m.match("tcp", std::as_bytes(std::span(&tcp, 1)));
    });
    CHECK(service_of_nft_rule(bytes) == NamedService{at("10.96.0.1", 443), "default/kubernetes:https"});
}

TEST_CASE("rules: a node port has no address, and only in its own chain") {
    const auto fill = [](NftMessage& m) {
        m.protocol(IPPROTO_TCP);
        m.comment("shop/cart:http");
        port(m);
    };
    CHECK(service_of_nft_rule(rule("KUBE-NODEPORTS", fill)) == NamedService{{{}, 443}, "shop/cart:http"});
    CHECK_FALSE(service_of_nft_rule(rule("KUBE-SERVICES", fill)));
}

TEST_CASE("rules: what a rule does not say is not told") {
    CHECK_FALSE(service_of_nft_rule(rule("KUBE-SERVICES", [](NftMessage& m) {
        m.protocol(IPPROTO_UDP);
        destination(m);
        m.comment(cluster_ip);
        port(m);
    })));
    CHECK_FALSE(service_of_nft_rule(rule("KUBE-SERVICES", [](NftMessage& m) {
        m.protocol(IPPROTO_TCP);
        destination(m);
        port(m);
    })));
    // Any address but this one, and a network.
    CHECK_FALSE(service_of_nft_rule(rule("KUBE-SERVICES", [](NftMessage& m) {
        m.protocol(IPPROTO_TCP);
        m.payload(NFT_PAYLOAD_NETWORK_HEADER, 16, 4);
        m.compare({10, 96, 0, 1}, NFT_CMP_NEQ);
        m.comment(cluster_ip);
        port(m);
    })));
    CHECK_FALSE(service_of_nft_rule(rule("KUBE-SERVICES", [](NftMessage& m) {
        m.protocol(IPPROTO_TCP);
        m.payload(NFT_PAYLOAD_NETWORK_HEADER, 16, 4);
        m.expression("bitwise", [] {});
        m.compare({10, 96, 0, 0});
        m.comment(cluster_ip);
        port(m);
    })));
}

TEST_CASE("rules: elements of kube-proxy's nftables maps") {
    const auto bytes = element({10, 96, 0, 1, 6, 0, 0, 0, 0x01, 0xbb, 0, 0}, "service-ULMVA6XW-shop/cart/tcp/http");
    CHECK(services_of_nft_elements(bytes) == Services{{at("10.96.0.1", 443), "shop/cart:http"}});
    const auto node_port = element({6, 0, 0, 0, 0x75, 0x80, 0, 0}, "external-ULMVA6XW-shop/cart/tcp/http");
    CHECK(services_of_nft_elements(node_port) == Services{{{{}, 30080}, "shop/cart:http"}});
    const auto v6 =
        element({0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 6, 0, 0, 0, 0, 80, 0, 0}, "service-ULMVA6XW-shop/cart/tcp/");
    CHECK(services_of_nft_elements(v6) == Services{{at("fd00::1", 80), "shop/cart"}});
    CHECK(services_of_nft_elements(element({10, 96, 0, 1, 17, 0, 0, 0, 0, 53, 0, 0}, "service-ULMVA6XW-a/b/tcp/c")).empty());
    CHECK(services_of_nft_elements(element({10, 96, 0, 6, 0, 0, 0, 0, 80, 0, 0}, "service-ULMVA6XW-a/b/tcp/c")).empty());
    with_damage(bytes, [](Bytes damaged) { static_cast<void>(services_of_nft_elements(damaged)); });
}

TEST_CASE("rules: a table of the older iptables") {
    const auto bytes = table({xt_entry("KUBE-SERVICES", ""), xt_entry("", cluster_ip), xt_entry("", "shop/cart:http", false),
                              xt_entry("KUBE-NODEPORTS", ""), xt_entry("", "shop/cart:http", false), xt_entry("ERROR", "")});
    CHECK(services_of_xt_table(bytes, false) ==
          Services{{at("10.96.0.1", 443), "default/kubernetes:https"}, {{{}, 443}, "shop/cart:http"}});
    CHECK(services_of_xt_table(table({xt_entry("", cluster_ip, true, IPT_INV_DSTIP)}), false).empty());
    CHECK(services_of_xt_table(table({xt_entry("", cluster_ip, true, IPT_INV_PROTO)}), false).empty());
}

TEST_CASE("rules: a damaged table of the older iptables ends where it is damaged") {
    const auto good = table({xt_entry("KUBE-SERVICES", ""), xt_entry("", cluster_ip), xt_entry("", "shop/cart cluster IP")});
    with_damage(good, [](Bytes bytes) {
        CHECK(services_of_xt_table(bytes, false).size() <= 2);
        static_cast<void>(services_of_xt_table(bytes, true));
    });
}
