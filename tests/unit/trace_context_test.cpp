#include "print/trace_context.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace podsnoop;

// Examples of the W3C's recommendation, 3.2.
static const std::string valid = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

TEST_CASE("traceparent: its trace, its span, its flags") {
    const auto parent = parse_traceparent(valid);
    REQUIRE(parent);
    CHECK(parent->trace_id == "0af7651916cd43dd8448eb211c80319c");
    CHECK(parent->span_id == "b7ad6b7169203331");
    CHECK(parent->flags == 1);
}

TEST_CASE("traceparent: of a later version what is known is read") {
    const std::string later = "01" + valid.substr(2);
    CHECK(parse_traceparent(later));
    CHECK(parse_traceparent(later + "-more"));
    CHECK_FALSE(parse_traceparent(later + "more"));
    CHECK_FALSE(parse_traceparent(valid + "-more"));
    CHECK_FALSE(parse_traceparent("ff" + valid.substr(2)));
}

TEST_CASE("traceparent: what is not valid means nothing") {
    for (std::size_t cut = 0; cut < valid.size(); ++cut) {
        CAPTURE(cut);
        CHECK_FALSE(parse_traceparent(valid.substr(0, cut)));
        std::string wrong = valid;
        wrong[cut] = 'A';
        CHECK_FALSE(parse_traceparent(wrong));
    }
    CHECK_FALSE(parse_traceparent("00-00000000000000000000000000000000-b7ad6b7169203331-01"));
    CHECK_FALSE(parse_traceparent("00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01"));
}
