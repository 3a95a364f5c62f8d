#include "stats/path_template.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cstddef>
#include <random>
#include <string>
#include <string_view>

using namespace podsnoop;

TEST_CASE("what looks like an id becomes a star") {
    struct Case {
        std::string_view path, pattern;
    };
    constexpr Case cases[] = {
        {"/orders/123", "/orders/*"},
        {"/orders/123/items/9", "/orders/*/items/*"},
        {"/0", "/*"},
        {"/users/550e8400-e29b-41d4-a716-446655440000", "/users/*"},
        {"/users/550E8400-E29B-41D4-A716-446655440000/name", "/users/*/name"},
        {"/commit/19caee7f", "/commit/*"},
        {"/sha/da39a3ee5e6b4b0d3255bfef95601890afd80709", "/sha/*"},
        {"/u/01ARZ3NDEKTSV4RRFFQ69G5FAV", "/u/*"},
        {"/report/2026-11-21", "/report/*"},
        {"/report/2026-11-21T07:49:25Z", "/report/*"},
        {"/img/4711.png", "/img/*.png"},
        {"/order-4711", "/order-*"},
        {"/report_2026-11-21.csv", "/report_*.csv"},
        {"/log-550e8400-e29b-41d4-a716-446655440000.txt", "/log-*.txt"},
        {"/view/12;jsessionid=9A8B", "/view/*"},
        {"/a;v=1/b", "/a/b"},
    };
    for (const Case& each : cases) {
        CAPTURE(each.path);
        CHECK(path_template(each.path) == each.pattern);
    }
}

TEST_CASE("what has a meaning stays as it is") {
    for (const std::string_view path :
         {"", "/", "//", "/v1/health", "/api/v2/orders", "/cafe", "/deadbeef", "/index.html", "/favicon.ico", "/.well-known/acme",
          "/static/js/app.min.js", "/api/v1/namespaces/kube-system/pods", "/customer-preferences-and-settings", "*", "/%7Euser",
          "/internationalization", "/a/b/"}) {
        CAPTURE(path);
        CHECK(path_template(path) == path);
    }
}

TEST_CASE("of any bytes the pattern is never longer, and its own pattern") {
    std::mt19937 random(11);
    constexpr std::string_view bytes("/-_.;*0189afxzAFZ\x00\xff\n", 20);
    for (int round = 0; round < 20'000; ++round) {
        std::string path = "/";
        for (std::size_t length = random() % 60; length > 0; --length) path += bytes[random() % bytes.size()];
        const std::string once = path_template(path);
        CAPTURE(path);
        CHECK(once.size() <= path.size());
        CHECK(path_template(once) == once);
    }
}
