#include "http/shared_texts.hpp"

#include <doctest/doctest.h>

#include <optional>
#include <random>
#include <string>
#include <vector>

#include "request_head.hpp"

using namespace podsnoop;

namespace {

Head head(std::string_view target, std::optional<std::string_view> host = "shop", std::uint32_t identity = 0) {
    return test::request_head("GET", target, host, identity);
}

}  // namespace

TEST_CASE("shared texts: those who ask for the same thing share one") {
    SharedTextsTable texts(100);
    const auto first = texts.take(head("/orders/1"), 40);
    const auto second = texts.take(head("/orders/1"), 40);  // now it came again
    const auto third = texts.take(head("/orders/1"), 40);
    CHECK(third == second);
    CHECK(first != second);
    CHECK(texts[first].texts.target() == "/orders/1");
    CHECK(texts[third].texts.target() == "/orders/1");
    CHECK(texts.bytes() == 2 * texts[first].texts.size());
    texts.give_back(second);
    CHECK(texts[third].texts.host() == "shop");
    texts.give_back(third);
    texts.give_back(first);
    CHECK(texts.bytes() == 0);
    // What nobody uses is kept for the next.
    CHECK(texts.take(head("/orders/1"), 40) == third);
}

TEST_CASE("shared texts: what is told under an identity is the same") {
    SharedTextsTable texts(100);
    const auto first = texts.take(head("/a", "shop", 7), 40), again = texts.take(head("/a", "shop", 7), 40);
    CHECK(first == again);
    CHECK(texts[first].texts.head_identity() == 7);
    // Another head, of which the same is told: both are told under the later identity.
    const auto other = texts.take(head("/a", "shop", 8), 40);
    CHECK(other == first);
    CHECK(texts[first].texts.head_identity() == 8);
    CHECK(texts.take(head("/a", "shop", 7), 40) == first);
    // And one that was not seen often enough to have an identity.
    CHECK(texts.take(head("/a"), 40) == first);
    // 256 further, and so where 7 was.
    const auto far = texts.take(head("/b", "shop", 7 + 256), 40);
    CHECK(texts[far].texts.target() == "/b");
    CHECK(texts[first].texts.target() == "/a");
    CHECK(texts.take(head("/a", "shop", 7), 40) == first);
}

TEST_CASE("shared texts: heads of other lengths or versions share nothing") {
    SharedTextsTable texts(100);
    Head old = head("/a", "shop", 9);
    old.start.version_minor = 0;
    const auto first = texts.take(head("/a", "shop", 7), 40), longer = texts.take(head("/a", "shop", 8), 41);
    const auto older = texts.take(old, 40);
    CHECK(first != longer);
    CHECK(first != older);
    CHECK(longer != older);
    CHECK(texts[first].head_bytes == 40);
    CHECK(texts[longer].head_bytes == 41);
    CHECK(texts[older].version_minor == 0);
    CHECK(texts[first].texts.head_identity() == 7);
    CHECK(texts[longer].texts.head_identity() == 8);
}

TEST_CASE("shared texts: what differs in any part is not shared") {
    SharedTextsTable texts(100);
    std::vector<SharedTextsTable::Index> taken;
    const std::vector<Head> heads{head("/a"),  head("/a", "shops"), head("/a", ""), head("/a", std::nullopt),
                                  head("/ab"), head("/as", "hop")};
    for (int round = 0; round < 3; ++round)
        for (const Head& each : heads) {
            const auto index = texts.take(each, 40);
            CHECK(texts[index].texts.target() == each.start.target);
            CHECK(texts[index].texts.has_host() == each.host.has_value());
            if (each.host) CHECK(texts[index].texts.host() == *each.host);
            taken.push_back(index);
        }
    for (const auto index : taken) texts.give_back(index);
    CHECK(texts.bytes() == 0);
}

TEST_CASE("shared texts: long ones are not kept when nobody uses them") {
    SharedTextsTable texts(100);
    const std::string target = "/" + std::string(1000, 'a');
    for (int i = 0; i < 3; ++i) {
        const auto index = texts.take(head(target), 40);
        CHECK(texts[index].texts.target() == target);
        CHECK(texts.bytes() == texts[index].texts.size());
        texts.give_back(index);
    }
    CHECK(texts.bytes() == 0);
}

TEST_CASE("shared texts: everybody has what they asked for, whoever comes and goes") {
    constexpr std::size_t most = 300;
    SharedTextsTable texts(most);
    struct Taken {
        SharedTextsTable::Index index;
        std::string target;
        std::uint32_t head_bytes;
    };
    std::vector<Taken> taken;
    std::mt19937 random(1);
    for (int step = 0; step < 50'000; ++step) {
        if (taken.size() == most || (!taken.empty() && random() % 2 == 0)) {
            std::swap(taken[random() % taken.size()], taken.back());
            const SharedTexts& shared = texts[taken.back().index];
            REQUIRE(shared.texts.target() == taken.back().target);
            REQUIRE(shared.head_bytes == taken.back().head_bytes);
            // Whatever is told under the identity it has now is this.
            const std::uint32_t identity = shared.texts.head_identity();
            REQUIRE((identity == 0 || taken.back().target == "/" + std::to_string(identity % 100)));
            texts.give_back(taken.back().index);
            taken.pop_back();
        } else {
            // Every head with an identity is of one target and length; several identities are of the same.
            const auto identity = static_cast<std::uint32_t>(1 + random() % 1000);
            const bool is_known = random() % 3 == 0;
            const std::uint32_t head_bytes = 40 + identity % 2;
            const std::string target = "/" + std::to_string(identity % 100);
            taken.push_back({texts.take(head(target, "shop", is_known ? identity : 0), head_bytes), target, head_bytes});
        }
    }
    for (const Taken& each : taken) texts.give_back(each.index);
    CHECK(texts.bytes() == 0);
}
