#include "attribute/log_names.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace podsnoop;

namespace {

const std::string uid = "6f25f8b8-66b3-4d6a-9c1c-0d1f8a1b2c3d", static_uid = "0123456789abcdef0123456789abcdef";
const std::string id(64, 'a');

}  // namespace

TEST_CASE("log names: a pod's folder") {
    const auto pod = read_pod_log_folder("shop_cart-7d9f.v2_" + uid);
    REQUIRE(pod);
    CHECK(pod->namespace_name == "shop");
    CHECK(pod->pod_name == "cart-7d9f.v2");
    CHECK(pod->uid == uid);
    CHECK(read_pod_log_folder("kube-system_etcd-node1_" + static_uid)->uid == static_uid);
}

TEST_CASE("log names: folders that are no pod's") {
    std::string systemd = uid;
    for (char& c : systemd)
        if (c == '-') c = '_';
    for (const std::string& name :
         {std::string(), std::string("_"), std::string("__"), std::string("a_b_c"), "shop_" + uid, "shop_cart_" + uid + "_",
          "shop_ca_rt_" + uid, "_cart_" + uid, "shop__" + uid, "Shop_cart_" + uid, "shop_cart\x1b_" + uid, "shop_cart\n_" + uid,
          "shop_../etc_" + uid, "shop_cart_" + uid.substr(1), "shop_cart_" + uid + "0", "shop_cart_" + systemd,
          "sh.op_cart_" + uid, "shop_" + std::string(254, 'a') + "_" + uid}) {
        CAPTURE(name);
        CHECK(!read_pod_log_folder(name));
    }
}

TEST_CASE("log names: a container's log") {
    const auto log = read_container_log("cart-7d9f_shop_side-car-" + id + ".log");
    REQUIRE(log);
    CHECK(log->pod_name == "cart-7d9f");
    CHECK(log->namespace_name == "shop");
    CHECK(log->container_name == "side-car");
    CHECK(log->container_id == id);
    for (const std::string& name :
         {std::string(), std::string(".log"), "cart_shop_app-" + id, "cart_shop_app-" + id.substr(1) + ".log",
          "cart_shop_app-" + id + "a.log", "cart_shop_app" + id + ".log", "cart_shop_-" + id + ".log", "cart_app-" + id + ".log",
          "cart_shop_x_app-" + id + ".log", "cart_shop_App-" + id + ".log", "cart_shop_app-" + std::string(64, 'g') + ".log",
          "cart_sh\nop_app-" + id + ".log"}) {
        CAPTURE(name);
        CHECK(!read_container_log(name));
    }
}
