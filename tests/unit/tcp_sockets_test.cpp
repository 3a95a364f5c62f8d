#include "attribute/tcp_sockets.hpp"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <linux/inet_diag.h>
#include <netinet/tcp.h>

#include <cstring>
#include <string>

#include "damage.hpp"
#include "node/netlink.hpp"

using namespace podsnoop;

namespace {

Endpoint at(const char* address, std::uint16_t port) { return {parse_address(address).value(), port}; }

/// A message as the kernel makes it, without its header.
std::vector<std::byte> diag_message(int family, const char* local, const char* remote, std::uint8_t state) {
    inet_diag_msg message{};
    message.idiag_family = static_cast<std::uint8_t>(family);
    message.idiag_state = state;
    message.id.idiag_sport = htons(8080);
    message.id.idiag_dport = htons(51234);
    REQUIRE(inet_pton(family, local, message.id.idiag_src) == 1);
    REQUIRE(inet_pton(family, remote, message.id.idiag_dst) == 1);
    message.idiag_rqueue = 3;
    message.idiag_wqueue = 128;
    message.idiag_inode = 4711;
    const std::uint64_t cgroup = 0x1'0000'2345;
    const std::uint8_t v6_only = 1;
    NetlinkMessage built(0, 0);
    built.add(message)
        .attribute(INET_DIAG_SKV6ONLY, std::as_bytes(std::span(&v6_only, 1)))
        .attribute(INET_DIAG_CGROUP_ID, std::as_bytes(std::span(&cgroup, 1)));
    const Bytes body = built.finish(1).subspan(NLMSG_HDRLEN);
    return {body.begin(), body.end()};
}

TcpSocket listener(const char* address, std::uint16_t port, std::uint32_t inode, bool v6_only = false) {
    TcpSocket socket;
    socket.local = at(address, port);
    socket.inode = inode;
    socket.state = TCP_LISTEN;
    socket.v6_only = v6_only;
    return socket;
}

std::vector<std::uint32_t> inodes_at(std::span<const TcpSocket> listeners, const char* address, std::uint16_t port) {
    std::vector<std::uint32_t> inodes;
    for (const TcpSocket& found : listeners_at(listeners, at(address, port))) inodes.push_back(found.inode);
    return inodes;
}

using Inodes = std::vector<std::uint32_t>;

}  // namespace

TEST_CASE("sockets: inet_diag tells the ends, the inode and the cgroup") {
    const auto socket = parse_diag_message(diag_message(AF_INET, "10.0.0.1", "10.0.0.2", TCP_ESTABLISHED));
    REQUIRE(socket);
    CHECK(socket->local == at("10.0.0.1", 8080));
    CHECK(socket->remote == at("10.0.0.2", 51234));
    CHECK(socket->inode == 4711);
    CHECK(socket->cgroup_id == 0x1'0000'2345);
    CHECK(socket->queue_length == 0);  // the bytes that wait in a connection are no queue of connections
    CHECK_FALSE(socket->queue_limit);
}

TEST_CASE("sockets: a listener has a queue") {
    const auto socket = parse_diag_message(diag_message(AF_INET6, "fd00::1", "::", TCP_LISTEN));
    REQUIRE(socket);
    CHECK(socket->local == at("fd00::1", 8080));
    CHECK(socket->v6_only);
    CHECK(socket->queue_length == 3);
    CHECK(socket->queue_limit == 128U);
}

TEST_CASE("sockets: v4-mapped addresses are IPv4") {
    const auto socket = parse_diag_message(diag_message(AF_INET6, "::ffff:10.0.0.1", "::ffff:10.0.0.2", TCP_ESTABLISHED));
    REQUIRE(socket);
    CHECK(socket->local == at("10.0.0.1", 8080));
    CHECK(socket->remote == at("10.0.0.2", 51234));
}

TEST_CASE("sockets: a damaged inet_diag message gives no more than wrong numbers") {
    const auto good = diag_message(AF_INET6, "fd00::1", "::", TCP_LISTEN);
    with_damage(good, [](Bytes bytes) {
        const auto socket = parse_diag_message(bytes);
        CHECK(socket.has_value() <= (bytes.size() >= sizeof(inet_diag_msg)));
    });
    CHECK_FALSE(parse_diag_message(Bytes(good).first(sizeof(inet_diag_msg) - 1)));
}

TEST_CASE("sockets: /proc/net/tcp and tcp6 are read") {
    const auto sockets = parse_proc_net_tcp(
        "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
        "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000002 00:00000000 00000000     0        0 4711 1 "
        "0000 100 0 0 10 0\n"
        "   1: 0100000A:1F90 0200000A:C822 01 00000000:00000007 00:00000000 00000000     0        0 4712 1 "
        "0000 20 4 30 10 -1\n"
        "   2: 0000000000000000FFFF00000100000A:1F90 0000000000000000FFFF00000200000A:C823 01 "
        "00000000:00000000 00:00000000 "
        "00000000     0        0 4713 1 0000\n"
        "   3: 000000FD000000000000000001000000:0050 00000000000000000000000000000000:0000 0A "
        "00000000:00000000 00:00000000 "
        "00000000     0        0 4714 1 0000\n");
    REQUIRE(sockets.size() == 4);
    CHECK(sockets[0].local == at("127.0.0.1", 8080));
    CHECK(sockets[0].state == TCP_LISTEN);
    CHECK(sockets[0].queue_length == 2);
    CHECK_FALSE(sockets[0].queue_limit);
    CHECK(sockets[0].inode == 4711);
    CHECK(sockets[1].local == at("10.0.0.1", 8080));
    CHECK(sockets[1].remote == at("10.0.0.2", 51234));
    CHECK(sockets[1].queue_length == 0);
    CHECK(sockets[2].local == at("10.0.0.1", 8080));
    CHECK(sockets[2].remote == at("10.0.0.2", 51235));
    CHECK(sockets[3].local == at("fd00::1", 80));
}

TEST_CASE("sockets: lines of another shape are left out") {
    for (const char* line :
         {"", "\n\n", "0:", "0: 0100007F:1F90 00000000:0000 0A 0:0 0 0 0 0", "0: 0100007F1F90 00000000:0000 0A 0:0 0 0 0 0 4711",
          "0: X100007F:1F90 00000000:0000 0A 0:0 0 0 0 0 4711", "0: 0100007F:1F90 00000000:0000 0A 0:0 0 0 0 0 x",
          "0: 0100007F:1F90 00000000:0000 1FF 0:0 0 0 0 0 1", "0: 0100007F:11F90 00000000:0000 0A 0:0 0 0 0 0 1",
          ": : : : : : : : : :"})
        CHECK(parse_proc_net_tcp(line).empty());
    CHECK(parse_proc_net_tcp("0: 0100007F:1F90 00000000:0000 0A 0:0 0 0 0 0 4711").size() == 1);
}

TEST_CASE("sockets: a listener on the address itself comes before one on all") {
    const std::vector listeners{listener("0.0.0.0", 80, 1), listener("10.0.0.1", 80, 2), listener("::", 80, 3),
                                listener("fd00::1", 80, 4), listener("10.0.0.1", 81, 5)};
    CHECK(inodes_at(listeners, "10.0.0.1", 80) == Inodes{2});
    CHECK(inodes_at(listeners, "10.0.0.2", 80) == Inodes{1});
    CHECK(inodes_at(listeners, "fd00::1", 80) == Inodes{4});
    CHECK(inodes_at(listeners, "fd00::2", 80) == Inodes{3});
    CHECK(inodes_at(listeners, "10.0.0.2", 81).empty());
}

TEST_CASE("sockets: a listener on [::] takes IPv4 unless it says not to") {
    const std::vector both{listener("::", 80, 1)}, only{listener("::", 80, 1, true)};
    CHECK(inodes_at(both, "10.0.0.1", 80) == Inodes{1});
    CHECK(inodes_at(both, "::ffff:10.0.0.1", 80) == Inodes{1});
    CHECK(inodes_at(only, "10.0.0.1", 80).empty());
    CHECK(inodes_at(only, "fd00::1", 80) == Inodes{1});
}

TEST_CASE("sockets: all that share an address are told") {
    const std::vector listeners{listener("0.0.0.0", 80, 1), listener("0.0.0.0", 80, 2), listener("::", 80, 3)};
    CHECK(inodes_at(listeners, "10.0.0.1", 80) == Inodes{1, 2});
}
