#include "http/request_texts.hpp"

#include <doctest/doctest.h>

#include <string>

#include "request_head.hpp"

using namespace podsnoop;
using test::request_head;

TEST_CASE("request texts: what was set last") {
    RequestTexts texts;
    CHECK(texts.size() == 0);
    texts.set(request_head("GET", "/", std::nullopt));
    CHECK(texts.method() == "GET");
    CHECK(texts.target() == "/");
    CHECK_FALSE(texts.has_host());
    CHECK(texts.size() == 4);
    for (std::size_t length = 0; length < 100; ++length) {
        const std::string target = "/" + std::string(length, 'a'), host(length % 7, 'h');
        texts.set(request_head("POST", target, host));
        CHECK(texts.method() == "POST");
        CHECK(texts.target() == target);
        REQUIRE(texts.has_host());
        CHECK(texts.host() == host);
        CHECK(texts.size() == 4 + target.size() + host.size());
    }
    texts.set(request_head("", "", ""));
    CHECK(texts.has_host());
    CHECK(texts.host().empty());
    CHECK(texts.size() == 0);
}

TEST_CASE("request texts: the memory of short ones is used again, that of long ones given back") {
    RequestTexts texts;
    texts.set(request_head("GET", "/orders/12345", "shop"));
    const char* place = texts.method().data();
    texts.trim();
    texts.set(request_head("GET", "/orders/6789", "shop"));
    CHECK(texts.method().data() == place);
    texts.set(request_head("GET", "/" + std::string(1000, 'a'), "shop"));
    texts.trim();
    CHECK(texts.method().data() == nullptr);
    CHECK(texts.size() == 0);
}

TEST_CASE("request texts: of a head that comes again nothing is copied") {
    RequestTexts texts;
    texts.set(request_head("GET", "/a", "shop", 7));
    texts.set(request_head("GET", "/not looked at", "shop", 7));
    CHECK(texts.target() == "/a");
    texts.set(request_head("GET", "/b", "shop", 8));
    CHECK(texts.target() == "/b");
    CHECK(texts.head_identity() == 8);
    texts.set(request_head("GET", "/c", "shop"));
    CHECK(texts.target() == "/c");
    CHECK(texts.head_identity() == 0);
    texts.set(request_head("GET", "/" + std::string(1000, 'a'), "shop", 9));
    texts.trim();
    texts.set(request_head("GET", "/d", "shop", 9));
    CHECK(texts.target() == "/d");
}
