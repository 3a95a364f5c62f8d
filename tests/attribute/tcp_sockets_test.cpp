#include "attribute/tcp_sockets.hpp"

#include <doctest/doctest.h>
#include <netinet/tcp.h>

#include "node.hpp"
#include "privileges.hpp"

using namespace podsnoop;

namespace {

/// Both ends of a connection are found, each by its own inode.
void check_both_ends(TcpSockets& sockets, const Fd& client, const Fd& server) {
    const auto at_client = sockets.find(local_of(client), remote_of(client));
    const auto at_server = sockets.find(remote_of(client), local_of(client));
    REQUIRE(at_client);
    REQUIRE(at_server);
    CHECK(at_client->inode == inode_of(client));
    CHECK(at_server->inode == inode_of(server));
    CHECK(at_client->state == TCP_ESTABLISHED);
}

}  // namespace

TEST_CASE("sockets: both ends of a connection, IPv4, IPv6 and v4-mapped") {
    const auto network = TestNetwork::make();
    NEEDS(network);
    const auto netns = NetworkNamespace::current();
    REQUIRE(netns);
    struct Case {
        const char* listener;
        const char* server;
    };
    for (const Case& each : {Case{"127.0.0.1", "127.0.0.1"}, Case{"::1", "::1"}, Case{"::", "127.0.0.1"}}) {
        CAPTURE(each.listener);
        const Fd listener = listen_at(endpoint_of(each.listener, 8080));
        const Fd client = connect_to(endpoint_of(each.server, 8080));
        const Fd server = accept_from(listener);
        auto sockets = TcpSockets::open(*netns);
        REQUIRE(sockets);
        check_both_ends(*sockets, client, server);
    }
}

TEST_CASE("sockets: of a namespace that the asker is not in") {
    const auto node = TestNode::make();
    NEEDS(node);
    const Fd listener = listen_in(node->pod(), endpoint_of("10.99.0.2", 8080));
    const Fd client = connect_to(endpoint_of("10.99.0.2", 8080));
    const Fd server = accept_from(listener);
    auto in_pod = TcpSockets::open(node->pod()), in_node = TcpSockets::open(node->netns());
    REQUIRE(in_pod);
    REQUIRE(in_node);
    CHECK_FALSE(in_pod->find(local_of(client), remote_of(client)));
    CHECK_FALSE(in_node->find(remote_of(client), local_of(client)));
    REQUIRE(in_pod->find(remote_of(client), local_of(client)));
    CHECK(in_pod->find(remote_of(client), local_of(client))->inode == inode_of(server));
    CHECK(in_pod->find(remote_of(client), local_of(client))->netns == node->pod().inode());
    CHECK(in_node->listeners().empty());
    CHECK(in_pod->listeners().size() == 1);
}

TEST_CASE("sockets: a connection that is not there is not its listener") {
    const auto network = TestNetwork::make();
    NEEDS(network);
    const auto netns = NetworkNamespace::current();
    REQUIRE(netns);
    const Fd listener = listen_at(endpoint_of("127.0.0.1", 8080));
    auto sockets = TcpSockets::open(*netns);
    REQUIRE(sockets);
    CHECK_FALSE(sockets->find(endpoint_of("127.0.0.1", 8080), endpoint_of("127.0.0.1", 40000)));
    CHECK_FALSE(sockets->find(endpoint_of("127.0.0.1", 8080), {}));
}

TEST_CASE("sockets: listeners with the length of their queue and its limit") {
    const auto network = TestNetwork::make();
    NEEDS(network);
    const auto netns = NetworkNamespace::current();
    REQUIRE(netns);
    const Fd listener = listen_at(endpoint_of("127.0.0.1", 8080), 5);
    const Fd only = listen_at(endpoint_of("::", 8081), 7, true);
    const Fd first = connect_to(endpoint_of("127.0.0.1", 8080)), second = connect_to(endpoint_of("127.0.0.1", 8080));
    auto sockets = TcpSockets::open(*netns);
    REQUIRE(sockets);
    const auto& listeners = sockets->listeners();
    REQUIRE(listeners.size() == 2);
    const auto found = listeners_at(listeners, endpoint_of("127.0.0.1", 8080));
    REQUIRE(found.size() == 1);
    CHECK(found[0].inode == inode_of(listener));
    CHECK(found[0].queue_length == 2);
    CHECK(found[0].queue_limit == 5U);
    CHECK(found[0].netns == netns->inode());
    CHECK(listeners_at(listeners, endpoint_of("127.0.0.1", 8081)).empty());
    REQUIRE(listeners_at(listeners, endpoint_of("::1", 8081)).size() == 1);
    CHECK(listeners_at(listeners, endpoint_of("::1", 8081))[0].inode == inode_of(only));
}

TEST_CASE("sockets: without inet_diag, /proc/net/tcp says the same") {
    const auto node = TestNode::make();
    NEEDS(node);
    const Fd listener = listen_in(node->pod(), endpoint_of("::", 8080));
    const Fd v4 = connect_from(node->pod(), endpoint_of("127.0.0.1", 8080)), v4_server = accept_from(listener);
    const Fd v6 = connect_from(node->pod(), endpoint_of("::1", 8080)), v6_server = accept_from(listener);
    const Fd waiting = connect_from(node->pod(), endpoint_of("::1", 8080));
    auto by_diag = TcpSockets::open(node->pod()), by_proc = TcpSockets::open(node->pod(), false);
    REQUIRE(by_diag);
    REQUIRE(by_proc);
    check_both_ends(*by_proc, v4, v4_server);
    check_both_ends(*by_proc, v6, v6_server);
    const auto not_accepted = by_proc->find(remote_of(waiting), local_of(waiting));
    REQUIRE(not_accepted);
    CHECK(not_accepted->inode == 0);
    REQUIRE(by_proc->listeners().size() == 1);
    REQUIRE(by_diag->listeners().size() == 1);
    const TcpSocket &in_proc = by_proc->listeners()[0], &in_diag = by_diag->listeners()[0];
    CHECK(in_proc.local == in_diag.local);
    CHECK(in_proc.inode == in_diag.inode);
    CHECK(in_proc.netns == in_diag.netns);
    CHECK(in_proc.queue_length == 1);
    CHECK_FALSE(in_proc.queue_limit);
}
