#include "attribute/runtime_config.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace podsnoop;

namespace {

const std::string uid = "6f25f8b8-66b3-4d6a-9c1c-0d1f8a1b2c3d";

std::string containerd(const std::string& type, const std::string& more = "") {
    return R"({"ociVersion":"1.0.2","process":{"terminal":false,"env":["A=1"],"args":["io.kubernetes.cri.sandbox-name"]},)"
           R"("annotations":{"io.kubernetes.cri.container-type":")" +
           type +
           R"(","io.kubernetes.cri.sandbox-id":"x","io.kubernetes.cri.sandbox-name":"cart-7d9f",)"
           R"("io.kubernetes.cri.sandbox-namespace":"shop","io.kubernetes.cri.sandbox-uid":")" +
           uid + "\"" + more +
           R"(},"linux":{"cgroupsPath":"/kubepods","resources":{"devices":[{"allow":false}],"cpu":{"shares":-2}}}})";
}

}  // namespace

TEST_CASE("runtime config: containerd's") {
    const auto sandbox = read_runtime_config(containerd("sandbox"));
    REQUIRE(sandbox);
    CHECK(sandbox->is_sandbox);
    CHECK(sandbox->namespace_name == "shop");
    CHECK(sandbox->pod_name == "cart-7d9f");
    CHECK(sandbox->uid == uid);
    CHECK(sandbox->container_name.empty());
    const auto app = read_runtime_config(containerd("container", R"(,"io.kubernetes.cri.container-name":"app")"));
    REQUIRE(app);
    CHECK(!app->is_sandbox);
    CHECK(app->container_name == "app");
}

TEST_CASE("runtime config: CRI-O's") {
    const auto config = read_runtime_config(
        R"({"annotations":{"io.kubernetes.cri-o.ContainerType":"container","io.kubernetes.container.name":"app",)"
        R"("io.kubernetes.cri-o.ContainerName":"k8s_app_cart_shop_0","io.kubernetes.pod.name":"cart","io.kubernetes.pod.namespace":"shop",)"
        R"("io.kubernetes.pod.uid":")" +
        uid + R"("}})");
    REQUIRE(config);
    CHECK(config->container_name == "app");
    CHECK(config->pod_name == "cart");
    CHECK(config->uid == uid);
}

TEST_CASE("runtime config: what is elsewhere, or no such name, is not it") {
    const std::string good = containerd("container", R"(,"io.kubernetes.cri.container-name":"app")");
    const auto changed = [&](const std::string& from, const std::string& to) {
        std::string text = good;
        text.replace(text.find(from), from.size(), to);
        return text;
    };
    REQUIRE(read_runtime_config(good));
    CHECK(read_runtime_config(changed(uid, "7"))->uid.empty());  // one of containerd before 1.7 has none at all
    CHECK(!read_runtime_config(changed("\"annotations\"", "\"labels\"")));
    CHECK(!read_runtime_config(changed("\"cart-7d9f\"", "[\"cart-7d9f\"]")));
    CHECK(!read_runtime_config(changed("\"cart-7d9f\"", "\"cart\\u001b\"")));
    CHECK(!read_runtime_config(changed("\"shop\"", "\"\"")));
    CHECK(!read_runtime_config(changed("\"app\"", "\"a/b\"")));
    CHECK(!read_runtime_config(changed("\"container\"", "\"other\"")));
    CHECK(!read_runtime_config(R"({"process":)" + good + "}"));
    CHECK(!read_runtime_config("[" + good + "]"));
    CHECK(!read_runtime_config(good.substr(0, good.size() - 1)));
    CHECK(!read_runtime_config(good + "x"));
    CHECK(!read_runtime_config(""));
    CHECK(!read_runtime_config(std::string(100'000, '[')));
}
