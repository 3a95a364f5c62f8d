#include "attribute/conntrack.hpp"

#include <arpa/inet.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <span>
#include <utility>

#include "node/netlink.hpp"
#include "node/reason.hpp"

namespace podsnoop {

namespace {

constexpr const char* what = "cannot ask for tracked connections";
constexpr std::uint16_t get_connection = NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_GET;

struct Tuple {
    Endpoint from, to;
};

std::optional<Tuple> parse_tuple(Bytes bytes) {
    Tuple tuple;
    std::uint8_t protocol = 0;
    while (const auto part = take_attribute(bytes)) {
        Bytes inner = part->value;
        while (auto field = take_attribute(inner)) {
            Cursor value(field->value);
            if (part->type == CTA_TUPLE_IP) {
                // Address::from() takes 4 or 16 bytes, and what else comes leaves it unknown.
                if (field->type == CTA_IP_V4_SRC || field->type == CTA_IP_V6_SRC)
                    tuple.from.address = Address::from(field->value);
                if (field->type == CTA_IP_V4_DST || field->type == CTA_IP_V6_DST) tuple.to.address = Address::from(field->value);
            } else if (part->type == CTA_TUPLE_PROTO) {
                if (field->type == CTA_PROTO_NUM) protocol = value.u8();
                if (field->type == CTA_PROTO_SRC_PORT) tuple.from.port = value.u16be();
                if (field->type == CTA_PROTO_DST_PORT) tuple.to.port = value.u16be();
            }
        }
    }
    if (protocol != IPPROTO_TCP || tuple.from.address.family == 0 || tuple.to.address.family == 0) return std::nullopt;
    return tuple;
}

}  // namespace

std::optional<Translation> parse_conntrack(Bytes body) {
    if (!take<nfgenmsg>(body)) return std::nullopt;
    std::optional<Tuple> original, reply;
    while (const auto attribute = take_attribute(body)) {
        if (attribute->type == CTA_TUPLE_ORIG) original = parse_tuple(attribute->value);
        if (attribute->type == CTA_TUPLE_REPLY) reply = parse_tuple(attribute->value);
    }
    if (!original || !reply) return std::nullopt;
    // The reply's tuple is as the server's packets come to the node: from the backend to whom it takes for
    // the client.
    const Translation found{original->from, original->to, reply->to, reply->from};
    if (found.client == found.source && found.service == found.backend) return std::nullopt;
    return found;
}

bool Conntrack::is_on() { return ::access("/proc/sys/net/netfilter/nf_conntrack_max", F_OK) == 0; }

Result<Conntrack> Conntrack::open(const NetworkNamespace& node) {
    auto visit = NetnsVisit::enter(node);
    if (!visit) return std::unexpected(visit.error());
    Conntrack conntrack;
    conntrack.socket_ = NetlinkSocket::open(NETLINK_NETFILTER);
    const int error = errno;
    if (auto left = visit->leave(); !left) return std::unexpected(left.error());
    if (!conntrack.socket_) return fail(what, "", reason_of(error));
    // What cannot be asked at all is told now: a connection that cannot be.
    const Endpoint nobody{Address::from(std::as_bytes(std::span("\0\0\0", 4))), 0};
    std::optional<Translation> found;
    if (const int refused = conntrack.ask(nobody, nobody, found); refused != 0 && refused != ENOENT)
        return fail(what, "", reason_of(refused), refused == EPERM ? "run as root or with CAP_NET_ADMIN" : "");
    return conntrack;
}

std::optional<Translation> Conntrack::find(const Endpoint& client, const Endpoint& server) {
    std::optional<Translation> found;
    // As the client sees it; else as the server does, whose answers are the reply's direction.
    if (ask(client, server, found) == ENOENT && ask(server, client, found) != 0) return std::nullopt;
    return found;
}

int Conntrack::ask(const Endpoint& from, const Endpoint& to, std::optional<Translation>& found) {
    const bool v4 = from.address.family == 4;
    if (from.address.family != to.address.family || from.address.family == 0) return ENOENT;
    const auto address = [&](const Endpoint& end) { return std::as_bytes(std::span(end.address.bytes)).first(v4 ? 4 : 16); };
    const std::uint8_t protocol = IPPROTO_TCP;
    const std::uint16_t from_port = htons(from.port), to_port = htons(to.port);

    NetlinkMessage question(get_connection, 0);
    question.add(
        nfgenmsg{.nfgen_family = static_cast<std::uint8_t>(v4 ? AF_INET : AF_INET6), .version = NFNETLINK_V0, .res_id = 0});
    // Both directions of all connections are in one table: a tuple asked for as the original finds a reply's
    // as well.
    const std::size_t tuple = question.open(CTA_TUPLE_ORIG);
    const std::size_t ip = question.open(CTA_TUPLE_IP);
    question.attribute(v4 ? CTA_IP_V4_SRC : CTA_IP_V6_SRC, address(from));
    question.attribute(v4 ? CTA_IP_V4_DST : CTA_IP_V6_DST, address(to));
    question.close(ip);
    const std::size_t ports = question.open(CTA_TUPLE_PROTO);
    question.attribute(CTA_PROTO_NUM, std::as_bytes(std::span(&protocol, 1)));
    question.attribute(CTA_PROTO_SRC_PORT, std::as_bytes(std::span(&from_port, 1)));
    question.attribute(CTA_PROTO_DST_PORT, std::as_bytes(std::span(&to_port, 1)));
    question.close(ports);
    question.close(tuple);
    return socket_.ask(question, [&](std::uint16_t, Bytes body) { found = parse_conntrack(body); });
}

}  // namespace podsnoop
