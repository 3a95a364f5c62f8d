#include "base/address.hpp"

#include <arpa/inet.h>
#include <doctest/doctest.h>

#include <algorithm>
#include <tuple>
#include <vector>

using namespace podsnoop;

namespace {

Address address_of(const std::string& text) {
    std::array<std::byte, 16> raw{};
    const bool v6 = text.find(':') != std::string::npos;
    REQUIRE(inet_pton(v6 ? AF_INET6 : AF_INET, text.c_str(), raw.data()) == 1);
    return Address::from(Bytes(raw).first(v6 ? 16 : 4));
}

std::string shown(const Endpoint& endpoint) {
    std::string text;
    append_endpoint(text, endpoint);
    return text;
}

TEST_CASE("an address reads as it was written, and nothing else is one") {
    for (const char* text : {"10.0.0.1", "255.255.255.255", "fd00::3", "::1", "::ffff:10.0.0.1"}) {
        const auto address = parse_address(text);
        REQUIRE(address);
        std::string again;
        append_address(again, *address);
        CHECK(again == text);
    }
    for (const char* text : {"", "10.0.0", "10.0.0.1 ", "10.0.0.1:80", "[::1]", "fe80::1%eth0", "300.1.1.1", "localhost"})
        CHECK_FALSE(parse_address(text));
    CHECK_FALSE(parse_address(std::string_view("10.0.0.1\0", 9)));
}

}  // namespace

TEST_CASE("addresses are shown as RFC 5952 says") {
    for (const char* text : {"10.244.0.7", "255.255.255.255", "fd00::3", "::", "::1", "1::", "2001:db8::1:0:0:1",
                             "2001:db8:0:1:1:1:1:1", "1:2:3:4:5:6:7:8", "::ffff:10.0.0.1", "fe80::1:2:3:4"}) {
        std::string shown;
        append_address(shown, address_of(text));
        CHECK(shown == text);
    }
}

TEST_CASE("endpoints of IPv6 have brackets") {
    CHECK(shown({address_of("10.0.0.1"), 80}) == "10.0.0.1:80");
    CHECK(shown({address_of("fd00::3"), 8080}) == "[fd00::3]:8080");
    CHECK(shown({}) == "?:0");
}

TEST_CASE("addresses are ordered by their bytes, IPv4 before IPv6 where these are the same") {
    const char* const in_order[] = {"0.0.0.0",   "::",       "::1",       "0.0.0.1",      "1.2.3.4",        "1.2.3.5",
                                    "1.2.4.0",   "10.0.0.1", "10.78.0.2", "127.0.0.1",    "2001::",         "2001::1:0:0:0:0",
                                    "128.0.0.1", "fd00::3",  "fd00::4",   "fd00:0:0:1::", "255.255.255.255"};
    std::vector<Address> sorted, by_bytes;
    for (const char* text : in_order) sorted.push_back(address_of(text));
    by_bytes = sorted;
    std::ranges::sort(sorted);
    std::ranges::sort(
        by_bytes, [](const Address& a, const Address& b) { return std::tie(a.bytes, a.family) < std::tie(b.bytes, b.family); });
    CHECK(sorted == by_bytes);
    for (const Address& a : sorted)
        for (const Address& b : sorted) {
            CHECK((a == b) == (&a == &b));
            CHECK((a <=> b == 0) == (a == b));
        }
}
