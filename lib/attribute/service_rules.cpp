#include "attribute/service_rules.hpp"

#include <arpa/inet.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nf_tables_compat.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/xt_tcpudp.h>
#include <linux/netfilter_ipv4/ip_tables.h>
#include <linux/netfilter_ipv6/ip6_tables.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <utility>

#include "node/netlink.hpp"

namespace podsnoop {

namespace {

/// What a rule asks of a packet, as far as it matters here.
struct Conditions {
    std::string_view chain, comment;
    bool tcp = false;
    std::optional<Address> destination;  ///< one address, not a network
    std::optional<std::uint16_t> port;   ///< of the destination
};

std::optional<NamedService> service_of(const Conditions& rule) {
    if (!rule.tcp || !rule.port) return std::nullopt;
    if (!rule.destination && rule.chain != node_ports_chain) return std::nullopt;
    auto name = service_of_comment(rule.comment);
    if (!name) return std::nullopt;
    return NamedService{{rule.destination.value_or(Address{}), *rule.port}, std::move(*name)};
}

/// A text in a field of fixed or given length, up to its first zero byte.
std::string_view text_in(Bytes bytes) {
    const std::string_view text = as_text(bytes);
    return text.substr(0, text.find('\0'));
}

/// What the iptables matches say that are the same in both kinds of tables.
void read_match(std::string_view name, Bytes info, Conditions& rule) {
    if (name == "comment") rule.comment = text_in(info);
    if (name == "tcp") {
        const auto tcp = take<xt_tcp>(info);
        if (tcp && tcp->dpts[0] == tcp->dpts[1] && (tcp->invflags & XT_TCP_INV_DSTPT) == 0) rule.port = tcp->dpts[0];
    }
}

std::uint32_t number_in(Bytes value) { return Cursor(value).u32be(); }

/// What a rule of nf_tables has loaded into a register, to compare it next.
struct Load {
    enum class From : std::uint8_t { nothing, network, transport, protocol } from = From::nothing;
    std::uint32_t offset = 0, length = 0, reg = 0;
};

Load read_payload(Bytes data) {
    Load load;
    std::uint32_t base = ~0U;
    while (const auto attribute = take_attribute(data)) {
        if (attribute->type == NFTA_PAYLOAD_BASE) base = number_in(attribute->value);
        if (attribute->type == NFTA_PAYLOAD_OFFSET) load.offset = number_in(attribute->value);
        if (attribute->type == NFTA_PAYLOAD_LEN) load.length = number_in(attribute->value);
        if (attribute->type == NFTA_PAYLOAD_DREG) load.reg = number_in(attribute->value);
    }
    if (base == NFT_PAYLOAD_NETWORK_HEADER) load.from = Load::From::network;
    if (base == NFT_PAYLOAD_TRANSPORT_HEADER) load.from = Load::From::transport;
    return load;
}

Load read_meta(Bytes data) {
    Load load;
    while (const auto attribute = take_attribute(data)) {
        if (attribute->type == NFTA_META_KEY && number_in(attribute->value) == NFT_META_L4PROTO) load.from = Load::From::protocol;
        if (attribute->type == NFTA_META_DREG) load.reg = number_in(attribute->value);
    }
    return load;
}

void read_compare(Bytes data, const Load& load, Conditions& rule) {
    std::uint32_t reg = 0, operation = ~0U;
    Bytes value;
    while (const auto attribute = take_attribute(data)) {
        if (attribute->type == NFTA_CMP_SREG) reg = number_in(attribute->value);
        if (attribute->type == NFTA_CMP_OP) operation = number_in(attribute->value);
        if (attribute->type == NFTA_CMP_DATA) {
            Bytes inner = attribute->value;
            while (const auto field = take_attribute(inner))
                if (field->type == NFTA_DATA_VALUE) value = field->value;
        }
    }
    if (operation != NFT_CMP_EQ || reg != load.reg || value.empty()) return;
    using enum Load::From;
    Cursor cursor(value);
    if (load.from == protocol) rule.tcp = cursor.u8() == IPPROTO_TCP;
    if (load.from == network && load.offset == 9 && load.length == 1) rule.tcp = cursor.u8() == IPPROTO_TCP;
    // Offsets of the destination in the headers of IPv4 and IPv6, and of the port in TCP's.
    const bool v4 = load.offset == 16 && load.length == 4, v6 = load.offset == 24 && load.length == 16;
    if (load.from == network && (v4 || v6) && value.size() == load.length) rule.destination = Address::from(value);
    if (load.from == transport && load.offset == 2 && load.length == 2 && value.size() == 2) rule.port = cursor.u16be();
}

void read_expressions(Bytes list, Conditions& rule) {
    Load load;
    while (const auto item = take_attribute(list)) {
        std::string_view name;
        Bytes data, inner = item->value;
        while (const auto attribute = take_attribute(inner)) {
            if (attribute->type == NFTA_EXPR_NAME) name = text_in(attribute->value);
            if (attribute->type == NFTA_EXPR_DATA) data = attribute->value;
        }
        if (name == "cmp") read_compare(data, load, rule);
        // Anything else that writes to a register (a mask of a network, say) makes the load unknown.
        load = name == "payload" ? read_payload(data) : name == "meta" ? read_meta(data) : Load{};
        if (name != "match") continue;
        std::string_view match;
        Bytes info;
        while (const auto attribute = take_attribute(data)) {
            if (attribute->type == NFTA_MATCH_NAME) match = text_in(attribute->value);
            if (attribute->type == NFTA_MATCH_INFO) info = attribute->value;
        }
        read_match(match, info, rule);
    }
}

/// Key and verdict of an element: address, protocol and port (or the latter two alone), each filled up to 4
/// bytes, and the chain to go to.
std::optional<NamedService> service_of_element(Bytes element) {
    Bytes key, verdict;
    while (const auto attribute = take_attribute(element)) {
        Bytes inner = attribute->value;
        while (const auto field = take_attribute(inner)) {
            if (attribute->type == NFTA_SET_ELEM_KEY && field->type == NFTA_DATA_VALUE) key = field->value;
            if (attribute->type == NFTA_SET_ELEM_DATA && field->type == NFTA_DATA_VERDICT) verdict = field->value;
        }
    }
    std::string_view chain;
    while (const auto attribute = take_attribute(verdict))
        if (attribute->type == NFTA_VERDICT_CHAIN) chain = text_in(attribute->value);
    constexpr std::size_t protocol_and_port = 8;
    if (key.size() < protocol_and_port) return std::nullopt;
    Cursor cursor(key);
    const Bytes address = cursor.take(key.size() - protocol_and_port);
    const std::uint8_t protocol = cursor.u8();
    cursor.skip(3);
    const std::uint16_t port = cursor.u16be();
    auto name = service_of_chain(chain);
    if (!name || protocol != IPPROTO_TCP || (!address.empty() && address.size() != 4 && address.size() != 16))
        return std::nullopt;
    return NamedService{{Address::from(address), port}, std::move(*name)};
}

bool all_ones(Bytes mask) {
    return std::ranges::all_of(mask, [](std::byte b) { return b == std::byte{0xff}; });
}

/// One destination, or nothing: struct in_addr or in6_addr and its mask.
template <class A>
std::optional<Address> destination_of(const A& address, const A& mask, bool inverted) {
    if (inverted || !all_ones(std::as_bytes(std::span(&mask, 1)))) return std::nullopt;
    return Address::from(std::as_bytes(std::span(&address, 1)));
}

void read_head(const ipt_entry& entry, Conditions& rule) {
    const ipt_ip& head = entry.ip;
    rule.tcp = head.proto == IPPROTO_TCP && (head.invflags & IPT_INV_PROTO) == 0;
    rule.destination = destination_of(head.dst, head.dmsk, (head.invflags & IPT_INV_DSTIP) != 0);
}

void read_head(const ip6t_entry& entry, Conditions& rule) {
    const ip6t_ip6& head = entry.ipv6;
    rule.tcp = head.proto == IPPROTO_TCP && (head.invflags & IP6T_INV_PROTO) == 0;
    rule.destination = destination_of(head.dst, head.dmsk, (head.invflags & IP6T_INV_DSTIP) != 0);
}

/// struct xt_entry_match and xt_entry_target begin alike: size, name, revision, then what is their own.
struct Extension {
    std::string_view name;
    Bytes info;
};

Extension read_extension(Bytes bytes) {
    Cursor cursor(bytes);
    cursor.skip(sizeof(std::uint16_t));
    const std::string_view name = text_in(cursor.take(XT_EXTENSION_MAXNAMELEN));
    cursor.skip(1);
    return {name, cursor.rest()};
}

template <class Entry>
std::vector<NamedService> services_of_entries(Bytes entries) {
    std::vector<NamedService> found;
    std::string_view chain;
    while (entries.size() >= sizeof(Entry)) {
        Entry entry;
        std::memcpy(&entry, entries.data(), sizeof(Entry));
        if (entry.target_offset < sizeof(Entry) || entry.next_offset < entry.target_offset || entry.next_offset > entries.size())
            break;
        const Bytes whole = entries.first(entry.next_offset);
        entries = entries.subspan(entry.next_offset);
        Conditions rule;
        read_head(entry, rule);
        Bytes matches = whole.subspan(sizeof(Entry), entry.target_offset - sizeof(Entry));
        while (matches.size() >= sizeof(std::uint16_t)) {
            std::uint16_t size = 0;
            std::memcpy(&size, matches.data(), sizeof(size));
            if (size < sizeof(xt_entry_match) || size > matches.size()) break;
            const Extension match = read_extension(matches.first(size));
            read_match(match.name, match.info, rule);
            matches = matches.subspan(size);
        }
        // A chain that is not the kernel's own begins with an entry whose target ERROR has its name.
        const Extension target = read_extension(whole.subspan(entry.target_offset));
        if (target.name == XT_ERROR_TARGET) chain = text_in(target.info);
        rule.chain = chain;
        if (auto service = service_of(rule)) found.push_back(std::move(*service));
    }
    return found;
}

}  // namespace

std::optional<NamedService> service_of_nft_rule(Bytes message) {
    if (!take<nfgenmsg>(message)) return std::nullopt;
    Conditions rule;
    while (const auto attribute = take_attribute(message)) {
        if (attribute->type == NFTA_RULE_CHAIN) rule.chain = text_in(attribute->value);
        if (attribute->type == NFTA_RULE_EXPRESSIONS) read_expressions(attribute->value, rule);
    }
    return service_of(rule);
}

std::vector<NamedService> services_of_nft_elements(Bytes message) {
    std::vector<NamedService> found;
    if (!take<nfgenmsg>(message)) return found;
    while (const auto attribute = take_attribute(message)) {
        if (attribute->type != NFTA_SET_ELEM_LIST_ELEMENTS) continue;
        Bytes list = attribute->value;
        while (const auto element = take_attribute(list))
            if (auto service = service_of_element(element->value)) found.push_back(std::move(*service));
    }
    return found;
}

std::vector<NamedService> services_of_xt_table(Bytes entries, bool v6) {
    return v6 ? services_of_entries<ip6t_entry>(entries) : services_of_entries<ipt_entry>(entries);
}

}  // namespace podsnoop
