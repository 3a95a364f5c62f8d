#include "print/number.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <random>
#include <string>

using namespace podsnoop;

namespace {

std::string number(double of) {
    std::string out;
    append_number(out, of);
    return out;
}

std::string rate(double of) {
    std::string out;
    append_rate(out, of);
    return out;
}

}  // namespace

TEST_CASE("whole numbers have all their digits, and no more") {
    const auto whole = [](auto of) {
        std::string out = "=";
        append_whole(out, of);
        return out;
    };
    for (std::uint64_t number = 0; number < 20'000; ++number)
        if (whole(number) != "=" + std::to_string(number)) FAIL("not ", number);
    std::uint64_t power = 1;
    for (std::size_t digits = 1; digits <= longest_number; ++digits, power *= 10) {
        CHECK(whole(power) == "=" + std::to_string(power));
        CHECK(whole(power - 1) == "=" + std::to_string(power - 1));
    }
    CHECK(whole(std::numeric_limits<std::uint64_t>::max()) == "=18446744073709551615");
    CHECK(whole(std::numeric_limits<std::int64_t>::min()) == "=-9223372036854775808");
    CHECK(whole(-1) == "=-1");
    CHECK(whole(std::uint16_t{443}) == "=443");
}

TEST_CASE("numbers for programs are the shortest that read back the same, without an exponent") {
    CHECK(number(0) == "0");
    CHECK(number(12) == "12");
    CHECK(number(0.0625) == "0.0625");
    CHECK(number(1e21) == "1000000000000000000000");
    CHECK(number(-1.5) == "-1.5");
    std::mt19937_64 random(5);
    for (int i = 0; i < 2000; ++i) {
        const double value = std::ldexp(static_cast<double>(random() >> 11), static_cast<int>(random() % 2000) - 1060);
        if (!std::isfinite(value)) continue;
        CHECK(std::strtod(number(value).c_str(), nullptr) == value);
        CHECK(number(value).find('e') == std::string::npos);
    }
    for (const double edge :
         {std::numeric_limits<double>::max(), std::numeric_limits<double>::min(), std::numeric_limits<double>::denorm_min()})
        CHECK(std::strtod(number(edge).c_str(), nullptr) == edge);
}

TEST_CASE("rates for people have three digits, in at most seven columns") {
    struct Case {
        double rate;
        const char* text;
    };
    constexpr Case cases[] = {{0, "0.00"},        {0.001, "<0.01"}, {0.05, "0.05"},    {1.2, "1.20"},
                              {9.994, "9.99"},    {9.996, "10.0"},  {99.94, "99.9"},   {99.96, "100"},
                              {4321, "4321"},     {9999, "9999"},   {9999.6, "10.0k"}, {12'345, "12.3k"},
                              {999'600, "1.00M"}, {1.2e6, "1.20M"}, {4.2e9, "4.20G"},  {1e18, "1.00E"}};
    for (const Case& each : cases) {
        CAPTURE(each.rate);
        CHECK(rate(each.rate) == each.text);
        CHECK(rate(each.rate).size() <= 7);
    }
}
