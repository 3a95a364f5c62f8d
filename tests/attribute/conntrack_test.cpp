#include "attribute/conntrack.hpp"

#include <doctest/doctest.h>

#include "node.hpp"
#include "privileges.hpp"

using namespace podsnoop;

namespace {

/// Translates as kube-proxy does: a Service's address to the pod's, from the node and from pods.
constexpr const char* translate = R"(nft -f - <<'END'
table ip nat {
    chain out {
        type nat hook output priority -100
        ip daddr 10.96.0.10 tcp dport 80 dnat to 10.99.0.2:8080
    }
    chain pre {
        type nat hook prerouting priority -100
        ip daddr 10.96.0.10 tcp dport 80 dnat to 10.99.1.1:8080
        ip daddr 10.96.0.11 tcp dport 80 dnat to 10.99.0.2:8080
    }
    chain post {
        type nat hook postrouting priority 100
        ip saddr 10.99.0.2 ip daddr 10.99.0.2 masquerade
    }
}
table ip6 nat {
    chain out {
        type nat hook output priority -100
        ip6 daddr fd96::10 tcp dport 80 dnat to [fd99::2]:8080
    }
}
END
)";

}  // namespace

TEST_CASE("conntrack: a Service called from the node, seen on either side") {
    const auto node = TestNode::make();
    NEEDS(node);
    REQUIRE(TestNode::run(translate));
    auto conntrack = Conntrack::open(node->netns());
    REQUIRE(conntrack);
    struct Case {
        const char *service, *backend;
    };
    for (const Case& each : {Case{"10.96.0.10", "10.99.0.2"}, Case{"fd96::10", "fd99::2"}}) {
        CAPTURE(each.service);
        const Endpoint service = endpoint_of(each.service, 80), backend = endpoint_of(each.backend, 8080);
        const Fd listener = listen_in(node->pod(), backend);
        const Fd client = connect_to(service);
        const Fd server = accept_from(listener);
        const Translation expected{local_of(client), service, remote_of(server), backend};
        CHECK(conntrack->find(local_of(client), remote_of(client)) == expected);
        CHECK(conntrack->find(remote_of(server), local_of(server)) == expected);
        CHECK(expected.by_service());
    }
}

TEST_CASE("conntrack: a Service called from a pod that the node itself answers") {
    const auto node = TestNode::make();
    NEEDS(node);
    REQUIRE(TestNode::run(translate));
    auto conntrack = Conntrack::open(node->netns());
    REQUIRE(conntrack);
    const Endpoint service = endpoint_of("10.96.0.10", 80), backend = endpoint_of("10.99.1.1", 8080);
    const Fd listener = listen_at(backend);
    const Fd client = connect_from(node->pod(), service);
    const Fd server = accept_from(listener);
    const Translation expected{local_of(client), service, local_of(client), backend};
    CHECK(conntrack->find(local_of(client), service) == expected);
    CHECK(conntrack->find(remote_of(server), local_of(server)) == expected);
}

TEST_CASE("conntrack: a pod that is sent back to itself sees the node as its client") {
    const auto node = TestNode::make();
    NEEDS(node);
    REQUIRE(TestNode::run(translate));
    auto conntrack = Conntrack::open(node->netns());
    REQUIRE(conntrack);
    const Endpoint service = endpoint_of("10.96.0.11", 80), backend = endpoint_of("10.99.0.2", 8080);
    const Fd listener = listen_in(node->pod(), backend);
    const Fd client = connect_from(node->pod(), service);
    const Fd server = accept_from(listener);
    const Translation expected{local_of(client), service, remote_of(server), backend};
    CHECK(expected.source.address == endpoint_of("10.99.0.1", 0).address);
    CHECK(conntrack->find(local_of(client), service) == expected);
    CHECK(conntrack->find(remote_of(server), local_of(server)) == expected);
}

TEST_CASE("conntrack: a connection that is tracked but not translated, and one that is not there") {
    const auto node = TestNode::make();
    NEEDS(node);
    REQUIRE(TestNode::run(translate));
    auto conntrack = Conntrack::open(node->netns());
    REQUIRE(conntrack);
    const Fd listener = listen_in(node->pod(), endpoint_of("10.99.0.2", 8080));
    const Fd client = connect_to(endpoint_of("10.99.0.2", 8080));
    CHECK_FALSE(conntrack->find(local_of(client), remote_of(client)));
    CHECK_FALSE(conntrack->find(remote_of(client), local_of(client)));
    CHECK_FALSE(conntrack->find(endpoint_of("10.99.0.1", 1), endpoint_of("10.96.0.10", 80)));
    CHECK_FALSE(conntrack->find(endpoint_of("10.99.0.1", 1), endpoint_of("fd96::10", 80)));
    CHECK_FALSE(conntrack->find({}, {}));
}
