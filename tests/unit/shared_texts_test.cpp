#include "http/shared_texts.hpp"

#include <doctest/doctest.h>

#include <optional>
#include <random>
#include <string>
#include <vector>

using namespace podsnoop;

namespace {

Head head(std::string_view target, std::optional<std::string_view> host = "shop", std::uint32_t identity = 0) {
    Head head;
    head.start.method = "GET";
    head.start.target = target;
    head.host = host;
    head.identity = identity;
    return head;
}

}  // namespace

TEST_CASE("shared texts: those who ask for the same thing share one") {
    SharedTexts texts(100);
    const auto first = texts.take(head("/orders/1"));
    const auto second = texts.take(head("/orders/1"));  // now it came again
    const auto third = texts.take(head("/orders/1"));
    CHECK(third == second);
    CHECK(first != second);
    CHECK(texts[first].target() == "/orders/1");
    CHECK(texts[third].target() == "/orders/1");
    CHECK(texts.bytes() == 2 * texts[first].size());
    texts.give_back(second);
    CHECK(texts[third].host() == "shop");
    texts.give_back(third);
    texts.give_back(first);
    CHECK(texts.bytes() == 0);
    // What nobody uses is kept for the next.
    CHECK(texts.take(head("/orders/1")) == third);
}

TEST_CASE("shared texts: heads with an identity share with none but themselves") {
    SharedTexts texts(100);
    const auto plain = texts.take(head("/a")), plain_again = texts.take(head("/a"));
    const auto first = texts.take(head("/a", "shop", 7)), again = texts.take(head("/a", "shop", 7));
    const auto other = texts.take(head("/a", "shop", 8));
    CHECK(first == again);
    CHECK(first != other);
    CHECK(first != plain);
    CHECK(first != plain_again);
    CHECK(texts[plain].head_identity() == 0);
    CHECK(texts[again].head_identity() == 7);
    CHECK(texts[other].head_identity() == 8);
    // 256 further, and so in the same place.
    const auto far = texts.take(head("/b", "shop", 7 + 256));
    CHECK(texts[far].target() == "/b");
    CHECK(texts[first].target() == "/a");
}

TEST_CASE("shared texts: what differs in any part is not shared") {
    SharedTexts texts(100);
    std::vector<SharedTexts::Index> taken;
    const std::vector<Head> heads{head("/a"),  head("/a", "shops"), head("/a", ""), head("/a", std::nullopt),
                                  head("/ab"), head("/as", "hop")};
    for (int round = 0; round < 3; ++round)
        for (const Head& each : heads) {
            const auto index = texts.take(each);
            CHECK(texts[index].target() == each.start.target);
            CHECK(texts[index].has_host() == each.host.has_value());
            if (each.host) CHECK(texts[index].host() == *each.host);
            taken.push_back(index);
        }
    for (const auto index : taken) texts.give_back(index);
    CHECK(texts.bytes() == 0);
}

TEST_CASE("shared texts: long ones are not kept when nobody uses them") {
    SharedTexts texts(100);
    const std::string target = "/" + std::string(1000, 'a');
    for (int i = 0; i < 3; ++i) {
        const auto index = texts.take(head(target));
        CHECK(texts[index].target() == target);
        CHECK(texts.bytes() == texts[index].size());
        texts.give_back(index);
    }
    CHECK(texts.bytes() == 0);
}

TEST_CASE("shared texts: everybody has what they asked for, whoever comes and goes") {
    constexpr std::size_t most = 300;
    SharedTexts texts(most);
    struct Taken {
        SharedTexts::Index index;
        std::string target;
        std::uint32_t identity;
    };
    std::vector<Taken> taken;
    std::mt19937 random(1);
    for (int step = 0; step < 50'000; ++step) {
        if (taken.size() == most || (!taken.empty() && random() % 2 == 0)) {
            std::swap(taken[random() % taken.size()], taken.back());
            REQUIRE(texts[taken.back().index].target() == taken.back().target);
            REQUIRE(texts[taken.back().index].head_identity() == taken.back().identity);
            texts.give_back(taken.back().index);
            taken.pop_back();
        } else {
            const auto identity = static_cast<std::uint32_t>(random() % 3 == 0 ? 1 + random() % 1000 : 0);
            const std::string target = "/" + std::to_string(identity != 0 ? identity : random() % 1000);
            taken.push_back({texts.take(head(target, "shop", identity)), target, identity});
        }
    }
    for (const Taken& each : taken) texts.give_back(each.index);
    CHECK(texts.bytes() == 0);
}
