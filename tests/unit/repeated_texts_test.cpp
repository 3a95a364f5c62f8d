#include "print/repeated_texts.hpp"

#include <doctest/doctest.h>

#include <string>

#include "exchanges.hpp"
#include "print/printer.hpp"

using namespace podsnoop;

TEST_CASE("a text is made once for an identity, and anew where another had its place") {
    RepeatedTexts texts(512);
    int made = 0;
    const auto text_of = [&](std::uint64_t identity, const std::string& text) {
        return std::string(texts.text_of(identity, [&](std::string& to) {
            ++made;
            to += text;
        }));
    };
    CHECK(text_of(1, "one") == "one");
    CHECK(text_of(1, "never") == "one");
    CHECK(text_of(2, "two") == "two");
    CHECK(made == 2);
    for (std::uint64_t identity = 3; identity < 5000; ++identity)
        CHECK(text_of(identity, std::to_string(identity)) == std::to_string(identity));
    CHECK(text_of(4999, "never") == "4999");
    CHECK(text_of(1, "anew") == "anew");
    // A longer one has no room.
    CHECK(text_of(9001, "123456789") == "123456789");
    CHECK(text_of(9001, "987654321") == "987654321");
}

TEST_CASE("of texts as many are kept as there is room for, the last ones") {
    RepeatedTexts texts(1024);
    int made = 0;
    const auto text_of = [&](std::uint64_t identity) {
        const std::string text(identity % 13 + 4, static_cast<char>('a' + identity % 26));
        CHECK(texts.text_of(identity, [&](std::string& to) {
            ++made;
            to += text;
        }) == text);
    };
    // 10 bytes each, at the most 16: 60 of them are always there, and 120 never are when they come in turn.
    for (const std::uint64_t each : {60U, 120U}) {
        made = 0;
        for (std::uint64_t i = 0; i < 100 * each; ++i) text_of(1000 * each + i % each);
        CHECK(made == static_cast<int>(each == 60 ? each : 100 * each));
    }
}

TEST_CASE("json: what has an identity is told as it was made first, and the rest as it is") {
    ExchangePrinter printer({.format = Format::json, .body = true});
    const auto print = [&](const Exchange& exchange) {
        std::string line;
        printer.print(line, exchange);
        return line;
    };
    Exchange first = full_exchange();
    first.identity = 7;
    first.request.head_identity = 8;
    first.response.head_identity = 9;
    Exchange plain = full_exchange();
    CHECK(print(first) == print(plain));
    Exchange second = first;
    second.request.body_bytes = 77;
    second.response.body_preview = "seen";
    second.latency.wait = Nanoseconds{5000};
    plain = full_exchange();
    plain.request.body_bytes = 77;
    plain.response.body_preview = "seen";
    plain.latency.wait = Nanoseconds{5000};
    CHECK(print(second) == print(plain));
    // Another of each.
    second.identity = 17;
    second.client.endpoint.port = 1;
    second.request.head_identity = 18;
    second.request.target = "/other";
    second.response.head_identity = 19;
    second.response.status = 500;
    const std::string line = print(second);
    CHECK(line.find("\"port\":1,") != std::string::npos);
    CHECK(line.find("\"target\":\"/other\"") != std::string::npos);
    CHECK(line.find("\"status\":500") != std::string::npos);
}
