#include "attribute/conntrack.hpp"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <span>
#include <vector>

#include "damage.hpp"

using namespace podsnoop;

namespace {

Endpoint at(const char* address, std::uint16_t port) { return {parse_address(address).value(), port}; }

void add_tuple(NetlinkMessage& message, std::uint16_t which, const Endpoint& from, const Endpoint& to, std::uint8_t protocol) {
    const bool v4 = from.address.family == 4;
    const auto address = [&](const Endpoint& end) { return std::as_bytes(std::span(end.address.bytes)).first(v4 ? 4 : 16); };
    const std::uint16_t from_port = htons(from.port), to_port = htons(to.port);
    const auto tuple = message.open(which);
    const auto ip = message.open(CTA_TUPLE_IP);
    message.attribute(v4 ? CTA_IP_V4_SRC : CTA_IP_V6_SRC, address(from));
    message.attribute(v4 ? CTA_IP_V4_DST : CTA_IP_V6_DST, address(to));
    message.close(ip);
    const auto ports = message.open(CTA_TUPLE_PROTO);
    message.attribute(CTA_PROTO_NUM, std::as_bytes(std::span(&protocol, 1)));
    message.attribute(CTA_PROTO_SRC_PORT, std::as_bytes(std::span(&from_port, 1)));
    message.attribute(CTA_PROTO_DST_PORT, std::as_bytes(std::span(&to_port, 1)));
    message.close(ports);
    message.close(tuple);
}

/// A message as the kernel makes it, without its header.
std::vector<std::byte> tracked(const Translation& t, std::uint8_t protocol = IPPROTO_TCP) {
    NetlinkMessage message(0, 0);
    message.add(nfgenmsg{.nfgen_family = AF_INET, .version = NFNETLINK_V0, .res_id = 0});
    add_tuple(message, CTA_TUPLE_ORIG, t.client, t.service, protocol);
    add_tuple(message, CTA_TUPLE_REPLY, t.backend, t.source, protocol);
    const std::uint32_t status = htonl(0x1ae);
    message.attribute(CTA_STATUS, std::as_bytes(std::span(&status, 1)));
    const Bytes body = message.finish(1).subspan(NLMSG_HDRLEN);
    return {body.begin(), body.end()};
}

}  // namespace

TEST_CASE("conntrack: a Service's address and the pod that answered") {
    const Endpoint client = at("10.244.0.7", 51234), service = at("10.96.0.10", 80), backend = at("10.244.0.9", 8080);
    const auto found = parse_conntrack(tracked({client, service, client, backend}));
    REQUIRE(found);
    CHECK(*found == Translation{client, service, client, backend});
    CHECK(found->by_service());
}

TEST_CASE("conntrack: a node port's client is masqueraded too") {
    const Translation all{at("192.168.1.5", 40000), at("192.168.1.10", 30080), at("10.244.0.1", 23456), at("10.244.1.9", 8080)};
    CHECK(parse_conntrack(tracked(all)) == all);
}

TEST_CASE("conntrack: masquerading alone is no Service") {
    const Endpoint server = at("93.184.216.34", 80);
    const auto found = parse_conntrack(tracked({at("10.244.0.7", 51234), server, at("192.168.1.10", 51234), server}));
    REQUIRE(found);
    CHECK_FALSE(found->by_service());
}

TEST_CASE("conntrack: IPv6 is told as well") {
    const Translation all{at("fd00::7", 51234), at("fd01::10", 80), at("fd00::7", 51234), at("fd00::9", 8080)};
    CHECK(parse_conntrack(tracked(all)) == all);
}

TEST_CASE("conntrack: what was not translated, or is not TCP, gives nothing") {
    const Endpoint client = at("10.244.0.7", 51234), server = at("10.244.0.9", 8080);
    CHECK_FALSE(parse_conntrack(tracked({client, server, client, server})));
    CHECK_FALSE(parse_conntrack(tracked({client, at("10.96.0.10", 53), client, server}, IPPROTO_UDP)));
}

TEST_CASE("conntrack: a damaged message gives nothing or other numbers") {
    const Endpoint client = at("10.244.0.7", 51234);
    const auto good = tracked({client, at("10.96.0.10", 80), client, at("10.244.0.9", 8080)});
    with_damage(good, [&](Bytes bytes) {
        const auto found = parse_conntrack(bytes);
        if (found) CHECK(found->backend.address.family != 0);
    });
    CHECK_FALSE(parse_conntrack(Bytes(good).first(60)));
}
