#include "event/selection.hpp"

#include <doctest/doctest.h>

#include <string>

#include "exchanges.hpp"

using namespace podsnoop;
using namespace std::chrono_literals;

namespace {

bool glob(const char* pattern, std::string_view text, Case letters = Case::matters) {
    return Glob(pattern, letters).matches(text);
}

bool host_selects(const char* pattern, const char* host) {
    Exchange e = full_exchange();
    e.request.host = host;
    return Selection{.host = parse_host_glob(pattern).value()}.matches(e);
}

bool path_selects(const char* pattern, const char* target, const char* method = "GET") {
    Exchange e = full_exchange();
    e.request.method = method;
    e.request.target = target;
    return Selection{.path = parse_path_glob(pattern).value()}.matches(e);
}

bool status_selects(const char* list, std::uint16_t status) {
    Exchange e = full_exchange();
    e.response.status = status;
    return Selection{.statuses = parse_statuses(list).value()}.matches(e);
}

Exchange ended(ExchangeEnd end, std::uint16_t status) {
    Exchange e = full_exchange();
    e.end = end;
    e.response.seen = status != 0;
    e.response.status = status;
    return e;
}

}  // namespace

TEST_CASE("glob: stars, question marks and nothing else") {
    CHECK(glob("", ""));
    CHECK(glob("*", ""));
    CHECK(glob("/a*c", "/abcbc"));
    CHECK(glob("*/items/*", "/api/v1/items/7"));
    CHECK(glob("a?c", "abc"));
    CHECK(glob("a**", "a"));
    CHECK(glob("[x]\\", "[x]\\"));
    CHECK_FALSE(glob("", "a"));
    CHECK_FALSE(glob("a?c", "ac"));
    CHECK_FALSE(glob("/a", "/ab"));
    CHECK_FALSE(glob("/a*c", "/abcb"));
    CHECK_FALSE(glob("a", "A"));
    CHECK(glob("A*", "aB", Case::ignored));
}

TEST_CASE("glob: many stars on a long text do not explode") {
    std::string pattern;
    for (int i = 0; i < 50; ++i) pattern += "a*";
    CHECK_FALSE(Glob(pattern + "b", Case::matters).matches(std::string(50'000, 'a')));
}

TEST_CASE("selection: nothing asked for selects all") {
    CHECK(Selection{}.matches(full_exchange()));
    CHECK(Selection{}.matches(unanswered_exchange()));
}

TEST_CASE("selection: the server's port") {
    CHECK(Selection{.ports = parse_ports("80,8080").value()}.matches(full_exchange()));
    CHECK_FALSE(Selection{.ports = parse_ports("51234").value()}.matches(full_exchange()));
    for (const char* wrong : {"", "0", "65536", "80,", ",80", "http", "80-90", "-1", "+1", "80 ", "8 0"}) {
        CAPTURE(wrong);
        const auto ports = parse_ports(wrong);
        REQUIRE_FALSE(ports);
        CHECK_FALSE(ports.error().hint.empty());
    }
    CHECK(parse_ports("80,x").error().line() == "not a port: x");
    CHECK(parse_ports("80,").error().line() == "not a port: it is empty");
}

TEST_CASE("selection: host, without case, with or without its port") {
    CHECK(host_selects("cart.shop", "Cart.SHOP"));
    CHECK(host_selects("*.SHOP", "cart.shop:8080"));
    CHECK(host_selects("cart.shop:80*", "cart.shop:8080"));
    CHECK(host_selects("[::1]", "[::1]:8080"));
    CHECK(host_selects("c?rt.*", "cart.shop"));
    CHECK_FALSE(host_selects("shop", "cart.shop"));
    CHECK_FALSE(host_selects("cart.shop:81", "cart.shop:8080"));
    CHECK_FALSE(Selection{.host = parse_host_glob("*").value()}.matches(unanswered_exchange()));
    CHECK_FALSE(parse_host_glob(""));
    CHECK(parse_host_glob("shop/cart").error().line() == "not a host: shop/cart: it has a slash");
}

TEST_CASE("selection: methods, also unknown ones") {
    const auto selects = [](const char* list) {
        return Selection{.methods = parse_methods(list).value()}.matches(full_exchange());
    };
    CHECK(selects("get"));
    CHECK(selects("POST,GET"));
    CHECK_FALSE(selects("M-SEARCH,GETS"));
    for (const char* wrong : {"", "GET,", "GET POST", "G(T", "GET;POST", "caf\xc3\xa9"}) {
        CAPTURE(wrong);
        CHECK_FALSE(parse_methods(wrong));
    }
    Exchange orphan = full_exchange();
    orphan.request = {};
    CHECK_FALSE(Selection{.methods = parse_methods("GET").value()}.matches(orphan));
}

TEST_CASE("selection: path, without the query unless the pattern asks for one") {
    CHECK(path_selects("/cart", "/cart?id=1"));
    CHECK(path_selects("/c*", "/cart/items"));
    CHECK(path_selects("/ca?t", "/cart?x=/y"));
    CHECK(path_selects("/cart?id=*", "/cart?id=1"));
    CHECK(path_selects("/cart", "http://cart.shop:80/cart?id=1"));
    CHECK(path_selects("/", "http://cart.shop"));
    CHECK(path_selects("*", "*", "OPTIONS"));
    CHECK_FALSE(path_selects("/cart", "/Cart"));
    CHECK_FALSE(path_selects("*id*", "/cart?id=1"));
    CHECK_FALSE(path_selects("/cart?id=2", "/cart?id=1"));
    CHECK_FALSE(path_selects("*shop*", "cart.shop:443", "CONNECT"));
    CHECK_FALSE(parse_path_glob(""));
    const auto wrong = parse_path_glob("cart");
    REQUIRE_FALSE(wrong);
    CHECK(wrong.error().line() == "not a path: cart: it does not start with a slash");
    CHECK(wrong.error().hint == "write /cart, or */cart for any place in the path");
}

TEST_CASE("selection: statuses in every way they can be written") {
    CHECK(status_selects("404", 404));
    CHECK_FALSE(status_selects("404", 405));
    CHECK(status_selects("5xx", 599));
    CHECK(status_selects("5XX", 500));
    CHECK_FALSE(status_selects("5xx", 499));
    CHECK(status_selects(">=400", 400));
    CHECK_FALSE(status_selects(">400", 400));
    CHECK(status_selects(">400", 999));
    CHECK(status_selects("<300", 299));
    CHECK_FALSE(status_selects("<300", 300));
    CHECK(status_selects("<=300", 300));
    CHECK(status_selects("400-499", 499));
    CHECK_FALSE(status_selects("400-499", 500));
    CHECK(status_selects("404,5xx", 503));
    CHECK_FALSE(status_selects("404,5xx", 200));
    for (const char* wrong : {"",        "ok",   "99",   "1000", "0xx",   "5x",   "5xxx", ">",           ">=",   "=404",
                              "499-400", "400-", "-400", "404,", ">=4xx", ">999", "<100", "400-499-500", "4 04", "65940"}) {
        CAPTURE(wrong);
        const auto statuses = parse_statuses(wrong);
        REQUIRE_FALSE(statuses);
        CHECK_FALSE(statuses.error().hint.empty());
    }
    CHECK_FALSE(Selection{.statuses = parse_statuses("<999").value()}.matches(unanswered_exchange()));
}

TEST_CASE("selection: slower than, also where the whole is not known") {
    const auto slower = [](const Exchange& e, Nanoseconds than) { return Selection{.slower_than = than}.matches(e); };
    Exchange e = full_exchange();
    CHECK(slower(e, 2066us));
    CHECK_FALSE(slower(e, 2067us));
    CHECK(slower(e, 0us));
    e.latency.total.reset();
    e.end = ExchangeEnd::reset;
    CHECK(slower(e, 2ms));  // 12us + 1834.999us + 220us
    CHECK_FALSE(slower(e, 2100us));
    CHECK(slower(unanswered_exchange(), 1h));
    e.latency = {};
    CHECK_FALSE(slower(e, 1ns));
}

TEST_CASE("selection: errors are 5xx and what was not answered completely") {
    const auto is_error = [](const Exchange& e) { return Selection{.errors = true}.matches(e); };
    using enum ExchangeEnd;
    CHECK_FALSE(is_error(ended(complete, 200)));
    CHECK_FALSE(is_error(ended(complete, 404)));
    CHECK_FALSE(is_error(ended(upgraded, 101)));
    CHECK(is_error(ended(complete, 500)));
    for (const ExchangeEnd end : {reset, closed, timeout, gap, capture_end, evicted}) {
        CHECK(is_error(ended(end, 200)));
        CHECK(is_error(ended(end, 0)));
    }
}

TEST_CASE("selection: all that is asked for has to hold") {
    Selection selection{.ports = {8080}, .methods = {"GET"}, .statuses = {{200, 200}}};
    CHECK(selection.matches(full_exchange()));
    selection.errors = true;
    CHECK_FALSE(selection.matches(full_exchange()));
}
