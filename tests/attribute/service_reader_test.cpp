#include "attribute/service_reader.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

#include "node.hpp"
#include "node/file.hpp"
#include "privileges.hpp"

using namespace podsnoop;

namespace {

std::string name_at(const ServiceNames& names, const char* address, std::uint16_t port) {
    const std::string* name = names.find(endpoint_of(address, port));
    return name == nullptr ? "" : *name;
}

/// Rules as kube-proxy makes them in its iptables mode.
std::string rules_by(const std::string& suffix) {
    const std::string v4 = "iptables" + suffix + " -t nat ", v6 = "ip6tables" + suffix + " -t nat ";
    std::string all;
    for (const std::string& table : {v4, v6})
        for (const char* chain : {"KUBE-SERVICES", "KUBE-NODEPORTS", "KUBE-SVC-NPX46M4PTMTKRN6Y"})
            all += table + "-N " + chain + " && ";
    return all + v4 +
           "-A KUBE-SERVICES -m comment --comment 'default/kubernetes:https cluster IP' -m tcp -p tcp "
           "-d 10.96.0.1 --dport 443 -j KUBE-SVC-NPX46M4PTMTKRN6Y && " +
           v4 +
           "-A KUBE-SERVICES -m comment --comment 'kube-system/kube-dns:dns cluster IP' -m udp -p udp "
           "-d 10.96.0.10 --dport 53 -j KUBE-SVC-NPX46M4PTMTKRN6Y && " +
           v4 +
           "-A KUBE-NODEPORTS -m comment --comment shop/cart:http -m tcp -p tcp --dport 30080 "
           "-j KUBE-SVC-NPX46M4PTMTKRN6Y && " +
           v4 +
           "-A KUBE-SERVICES -m comment --comment 'kubernetes service nodeports; NOTE: this must be the last "
           "rule in this "
           "chain' -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS && " +
           v6 +
           "-A KUBE-SERVICES -m comment --comment 'shop/cart cluster IP' -m tcp -p tcp -d fd96::1 --dport 80 "
           "-j KUBE-SVC-NPX46M4PTMTKRN6Y";
}

void check_names(const NetworkNamespace& netns) {
    const ServiceNames names = read_service_names(netns, {}, "");
    CHECK(name_at(names, "10.96.0.1", 443) == "default/kubernetes:https");
    CHECK(name_at(names, "fd96::1", 80) == "shop/cart");
    CHECK(name_at(names, "10.96.0.10", 53).empty());
    REQUIRE(names.find_node_port(30080) != nullptr);
    CHECK(*names.find_node_port(30080) == "shop/cart:http");
    CHECK(names.size() == 3);
}

}  // namespace

TEST_CASE("services: kube-proxy's rules by iptables as nf_tables keeps them") {
    const auto network = TestNetwork::make();
    NEEDS(network);
    const auto netns = NetworkNamespace::current();
    REQUIRE(netns);
    REQUIRE(TestNode::run(rules_by("-nft")));
    check_names(*netns);
}

TEST_CASE("services: kube-proxy's rules by the older iptables") {
    const auto network = TestNetwork::make();
    NEEDS(network);
    const auto netns = NetworkNamespace::current();
    REQUIRE(netns);
    if (!TestNode::run("iptables-legacy -t nat -L >/dev/null 2>&1"))
        return skip_case("this kernel has no iptables but by nf_tables");
    REQUIRE(TestNode::run(rules_by("-legacy")));
    check_names(*netns);
}

TEST_CASE("services: kube-proxy's nftables mode") {
    const auto network = TestNetwork::make();
    NEEDS(network);
    const auto netns = NetworkNamespace::current();
    REQUIRE(netns);
    REQUIRE(TestNode::run(R"(nft -f - <<'END'
table ip kube-proxy {
    chain service-ULMVA6XW-default/kubernetes/tcp/https { }
    chain external-ULMVA6XW-shop/cart/tcp/http { }
    chain service-NWBZK7IH-kube-system/kube-dns/udp/dns { }
    map service-ips {
        type ipv4_addr . inet_proto . inet_service : verdict
        comment "ClusterIP, ExternalIP and LoadBalancer IP traffic"
        elements = { 10.96.0.1 . tcp . 443 : goto service-ULMVA6XW-default/kubernetes/tcp/https,
                     10.96.0.10 . udp . 53 : goto service-NWBZK7IH-kube-system/kube-dns/udp/dns }
    }
    map service-nodeports {
        type inet_proto . inet_service : verdict
        elements = { tcp . 30080 : goto external-ULMVA6XW-shop/cart/tcp/http }
    }
}
table ip6 kube-proxy {
    chain service-4WJIS5KD-shop/cart/tcp/ { }
    map service-ips {
        type ipv6_addr . inet_proto . inet_service : verdict
        elements = { fd96::1 . tcp . 80 : goto service-4WJIS5KD-shop/cart/tcp/ }
    }
}
END
)"));
    check_names(*netns);
}

TEST_CASE("services: asking makes no table, and without rules containers' environments tell") {
    const auto network = TestNetwork::make();
    NEEDS(network);
    const auto netns = NetworkNamespace::current();
    REQUIRE(netns);
    // Of a process that a container begins with; its environment is what it was started with.
    char root[] = "/tmp/podsnoop-root-XXXXXX";
    REQUIRE(::mkdtemp(root) != nullptr);
    const std::string folder = std::string(root) + "/proc/4711";
    REQUIRE(TestNode::run("mkdir -p " + folder +
                          " && printf 'CART_SERVICE_HOST=10.96.0.7\\0CART_SERVICE_PORT=80\\0"
                          "CART_PORT_80_TCP_ADDR=10.96.0.7\\0' > " +
                          folder + "/environ"));
    PodRecord pod;
    pod.namespace_name = "shop";
    pod.containers.push_back({.name = "app", .id = {}, .pid = 4711, .ports = {}});
    const ServiceNames names = read_service_names(*netns, std::span(&pod, 1), root);
    CHECK(TestNode::run(std::string("rm -r ") + root));
    CHECK(names.size() == 1);
    CHECK(name_at(names, "10.96.0.7", 80) == "shop/cart");
    CHECK(read_file("/proc/thread-self/net/ip_tables_names", 4096).value_or("").empty());
    CHECK(read_file("/proc/thread-self/net/ip6_tables_names", 4096).value_or("").empty());
}
