#include "attribute/service_names.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

using namespace podsnoop;
using namespace std::string_view_literals;

namespace {

Endpoint at(const char* address, std::uint16_t port) { return {parse_address(address).value(), port}; }

using Services = std::vector<NamedService>;

}  // namespace

TEST_CASE("services: kube-proxy's rule comments") {
    CHECK(service_of_comment("default/kubernetes:https cluster IP") == "default/kubernetes:https");
    CHECK(service_of_comment("shop/cart cluster IP") == "shop/cart");
    CHECK(service_of_comment("shop/cart: cluster IP") == "shop/cart");
    CHECK(service_of_comment("shop/cart:http external IP") == "shop/cart:http");
    CHECK(service_of_comment("shop/cart:http loadbalancer IP") == "shop/cart:http");
    CHECK(service_of_comment("shop/cart:http") == "shop/cart:http");
    for (const auto other : {""sv, "/"sv, "kubernetes service portals"sv, "shop/cart:http has no endpoints"sv, "shop/"sv,
                             "/cart"sv, "shop/cart:http/x"sv, "Shop/cart"sv, "shop/ca\x1b[31mrt"sv, "-shop/cart"sv,
                             "shop/cart:a:b"sv, "shop/cart\0"sv, "kube-system/kube-dns:dns -> 10.244.0.3:53"sv})
        CHECK_FALSE(service_of_comment(other));
    CHECK_FALSE(service_of_comment("shop/" + std::string(64, 'a')));
}

TEST_CASE("services: chains of kube-proxy's nftables mode") {
    CHECK(service_of_chain("service-ULMVA6XW-shop/cart/tcp/http") == "shop/cart:http");
    CHECK(service_of_chain("service-ULMVA6XW-shop/cart/tcp/") == "shop/cart");
    CHECK(service_of_chain("external-ULMVA6XW-my-shop/my-cart/tcp/http") == "my-shop/my-cart:http");
    for (const char* other : {"", "service-", "service-ULMVA6XW-shop/cart/udp/dns", "service-ULMVA6XW-shop/cart",
                              "endpoint-5OJB2KTY-shop/cart/tcp/http__10.180.0.1/80", "service-ULMVA6XW-shop/cart/tcp/ht...",
                              "service-short-shop/cart/tcp/http", "services", "service-ULMVA6XW-shop/cart/tcp/HTTP"})
        CHECK_FALSE(service_of_chain(other));
}

TEST_CASE("services: a container's environment") {
    const auto environment =
        "PATH=/"
        "bin\0KUBERNETES_SERVICE_HOST=10.96.0.1\0KUBERNETES_SERVICE_PORT=443\0KUBERNETES_SERVICE_PORT_HTTPS="
        "443\0"
        "KUBERNETES_PORT_443_TCP_ADDR=10.96.0.1\0REDIS_MASTER_SERVICE_HOST=10.96.0.11\0REDIS_MASTER_SERVICE_"
        "PORT=6379\0"
        "REDIS_MASTER_PORT_6379_TCP_ADDR=10.96.0.11\0CART_SERVICE_HOST=fd00::11\0CART_SERVICE_PORT=80\0"
        "CART_SERVICE_PORT_WEB=80\0CART_SERVICE_PORT_WEB_ADMIN=81\0CART_PORT_80_TCP_ADDR=fd00::11\0CART_PORT_81_TCP_ADDR=fd00::11\0"sv;
    CHECK(services_in_environment(environment, "shop") == Services{{at("fd00::11", 80), "shop/cart:web"},
                                                                   {at("fd00::11", 81), "shop/cart:web-admin"},
                                                                   {at("10.96.0.1", 443), "default/kubernetes:https"},
                                                                   {at("10.96.0.11", 6379), "shop/redis-master"}});
}

TEST_CASE("services: a port of TCP and UDP has no name that is sure") {
    const auto environment =
        "DNS_SERVICE_HOST=10.96.0.10\0DNS_SERVICE_PORT=53\0DNS_SERVICE_PORT_DNS=53\0DNS_SERVICE_PORT_DNS_TCP="
        "53\0"
        "DNS_PORT_53_TCP_ADDR=10.96.0.10\0"sv;
    CHECK(services_in_environment(environment, "kube-system") == Services{{at("10.96.0.10", 53), "kube-system/dns"}});
}

TEST_CASE("services: variables that people wrote are not taken for the kubelet's") {
    for (const auto environment :
         {"DB_SERVICE_HOST=10.0.0.5\0DB_SERVICE_PORT=5432\0"sv, "DB_SERVICE_HOST=db.example\0DB_SERVICE_PORT=5432\0"sv,
          "DB_SERVICE_HOST=10.0.0.5\0DB_SERVICE_PORT=5432\0DB_PORT_5432_TCP_ADDR=10.0.0.6\0"sv,
          "DB_SERVICE_HOST=10.0.0.5\0DB_SERVICE_PORT=0\0DB_PORT_0_TCP_ADDR=10.0.0.5\0"sv,
          "DB_SERVICE_HOST=10.0.0.5\0DB_SERVICE_PORT=99999\0DB_PORT_99999_TCP_ADDR=10.0.0.5\0"sv,
          "_SERVICE_HOST=10.0.0.5\0_SERVICE_PORT=80\0_PORT_80_TCP_ADDR=10.0.0.5\0"sv,
          "D\x1b_SERVICE_HOST=10.0.0.5\0D\x1b_SERVICE_PORT=80\0D\x1b_PORT_80_TCP_ADDR=10.0.0.5\0"sv, "=\0==\0\0\0"sv,
          "SERVICE_HOST"sv})
        CHECK(services_in_environment(environment, "shop").empty());
}

TEST_CASE("services: two names for one address are none") {
    ServiceNames names;
    names.add({at("10.96.0.1", 443), "default/kubernetes:https"});
    names.add({at("10.96.0.1", 443), "default/kubernetes:https"});
    names.add({at("10.96.0.2", 80), "shop/cart"});
    names.add({at("10.96.0.2", 80), "shop/other"});
    names.add({at("10.96.0.2", 80), "shop/cart"});
    names.add({{{}, 30080}, "shop/cart"});
    REQUIRE(names.find(at("10.96.0.1", 443)) != nullptr);
    CHECK(*names.find(at("10.96.0.1", 443)) == "default/kubernetes:https");
    CHECK(names.find(at("10.96.0.1", 80)) == nullptr);
    CHECK(names.find(at("10.96.0.2", 80)) == nullptr);
    REQUIRE(names.find_node_port(30080) != nullptr);
    CHECK(*names.find_node_port(30080) == "shop/cart");
    CHECK(names.find_node_port(30081) == nullptr);
}
