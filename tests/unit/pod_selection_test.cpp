#include "attribute/pod_selection.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace podsnoop;

namespace {

using List = std::vector<std::string>;

std::vector<PodRecord> pods() {
    std::vector<PodRecord> pods;
    for (const auto& [in, name] : {std::pair{"shop", "cart-7d9f8b6c5-x2x4z"},
                                   {"shop", "web-0"},
                                   {"test", "web-0"},
                                   {"kube-system", "coredns-5d78c9869d-abcde"}}) {
        PodRecord& pod = pods.emplace_back();
        pod.namespace_name = in, pod.name = name;
    }
    return pods;
}

/// What is selected, "ns/name " each, then what was not found, "!pattern(near,…) " each.
std::string select(const List& asked, const std::string& in = "") {
    const auto selection = PodSelection::parse(asked, in);
    REQUIRE(selection);
    std::string text;
    for (const PodRecord& pod : pods())
        if (selection->matches(pod)) text += pod.namespace_name + '/' + pod.name + ' ';
    for (const auto& unmatched : selection->unmatched(pods())) {
        text += '!' + unmatched.pattern + '(';
        for (const std::string& near : unmatched.near) text += near + ',';
        text += ") ";
    }
    return text;
}

}  // namespace

TEST_CASE("pod selection: by name, namespace and pattern") {
    CHECK(PodSelection::parse(List{}, "")->empty());
    CHECK(select({}) == "shop/cart-7d9f8b6c5-x2x4z shop/web-0 test/web-0 kube-system/coredns-5d78c9869d-abcde ");
    CHECK(select({"web-0"}) == "shop/web-0 test/web-0 ");
    CHECK(select({"shop/web-0"}) == "shop/web-0 ");
    CHECK(select({"web-0"}, "test") == "test/web-0 ");
    CHECK(select({}, "shop") == "shop/cart-7d9f8b6c5-x2x4z shop/web-0 ");
    CHECK(select({"cart-*", "kube-*/core*"}) == "shop/cart-7d9f8b6c5-x2x4z kube-system/coredns-5d78c9869d-abcde ");
    CHECK(select({"test/*", "cart*"}, "shop") == "shop/cart-7d9f8b6c5-x2x4z test/web-0 ");
    CHECK(select({"web-?"}) == "shop/web-0 test/web-0 ");
}

TEST_CASE("pod selection: what matches nothing is told, with what may be meant") {
    CHECK(select({"cart"}) == "!cart(shop/cart-7d9f8b6c5-x2x4z,) ");
    CHECK(select({"crat"}) == "!crat(shop/cart-7d9f8b6c5-x2x4z,) ");
    CHECK(select({"crta-7d"}) == "!crta-7d() ");
    CHECK(select({"caet"}) == "!caet(shop/cart-7d9f8b6c5-x2x4z,) ");
    CHECK(select({"coredsn"}) == "!coredsn(kube-system/coredns-5d78c9869d-abcde,) ");
    CHECK(select({"coredn"}) == "!coredn(kube-system/coredns-5d78c9869d-abcde,) ");
    CHECK(select({"web"}) == "!web(shop/web-0,test/web-0,) ");
    CHECK(select({"shop/webb-0"}) == "!shop/webb-0(shop/web-0,) ");
    CHECK(select({"kube-system/web-0"}) == "!kube-system/web-0(shop/web-0,test/web-0,) ");
    CHECK(select({"web-0", "nothing-like-it"}) == "shop/web-0 test/web-0 !nothing-like-it() ");
    CHECK(select({}, "shp") == "!shp/*(shop,) ");
    CHECK(select({"x*"}, "shop") == "!shop/x*() ");  // too short to tell anything
    CHECK(select({"?7d9f*"}) == "!?7d9f*(shop/cart-7d9f8b6c5-x2x4z,) ");
}

TEST_CASE("pod selection: at most three are near") {
    std::vector<PodRecord> many(10);
    for (std::size_t i = 0; i < many.size(); ++i) many[i].namespace_name = "shop", many[i].name = "web-" + std::to_string(i);
    const auto selection = PodSelection::parse(List{"web"}, "");
    CHECK(selection->unmatched(many).at(0).near == List{"shop/web-0", "shop/web-1", "shop/web-2"});
    CHECK(selection->unmatched({}).at(0).near.empty());
}

TEST_CASE("pod selection: what can be no name is an error") {
    for (const char* name : {"", "/", "/web", "shop/", "a/b/c", "Web", "we b", "web\n", "w\xc3\xa9", "a_b"}) {
        CAPTURE(name);
        CHECK(!PodSelection::parse(List{name}, ""));
    }
    CHECK(!PodSelection::parse(List{}, "Shop"));
    CHECK(!PodSelection::parse(List{"web"}, "sh/op"));
    CHECK(!PodSelection::parse(List{std::string(1000, 'a')}, ""));
}
