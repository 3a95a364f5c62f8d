#include "http/head.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "http/line_feeds.hpp"

using namespace podsnoop;

namespace {

std::vector<std::size_t> line_feeds_in(std::string_view text) {
    std::vector<std::size_t> found;
    LineFeeds line_feeds(text);
    for (std::size_t at = line_feeds.next(); at != LineFeeds::none; at = line_feeds.next()) found.push_back(at);
    CHECK(line_feeds.next() == LineFeeds::none);
    return found;
}

Head read(std::string_view text) {
    Head head;
    const HeadStart found = read_head(as_bytes(text), head);
    CHECK(found.length == text.size());
    return head;
}

}  // namespace

TEST_CASE("line feeds are found wherever they stand in texts of any length") {
    for (std::size_t size = 0; size <= 150; ++size) {
        CHECK(line_feeds_in(std::string(size, 'x')).empty());
        CHECK(line_feeds_in(std::string(size, '\n')).size() == size);
        for (std::size_t at = 0; at < size; ++at) {
            std::string text(size, '\x8a');  // a line feed but for the highest bit
            text[at] = '\n';
            CHECK(line_feeds_in(text) == std::vector{at});
        }
    }
}

TEST_CASE("line feeds beyond a text are not its own") {
    const std::string text(100, '\n');
    for (std::size_t from = 0; from < 40; ++from)
        for (std::size_t size = 0; size < 40; ++size)
            CHECK(line_feeds_in(std::string_view(text).substr(from, size)).size() == size);
}

TEST_CASE("a head ends with its empty line, however much follows") {
    const std::string head = "GET /a HTTP/1.1\r\nHost: shop\r\nX: \r\n\r\n";
    for (std::size_t size = 0; size < head.size(); ++size) {
        Head parsed;
        CHECK(read_head(as_bytes(std::string_view(head).substr(0, size)), parsed).length == 0);
    }
    for (const char* behind : {"", "GET /b HTTP/1.1\r\n\r\n", "\r\n\r\n", "\n"}) {
        const std::string text = head + behind;
        Head parsed;
        const HeadStart found = read_head(as_bytes(text), parsed);
        CHECK(found.start == StartLine::request);
        CHECK(found.length == head.size());
        CHECK(parsed.start.target == "/a");
        CHECK(parsed.host == "shop");
    }
    CHECK(read("HTTP/1.0 404\n\n").start.status == 404);
}

TEST_CASE("fields are known by their names alone, in any case and however they are written") {
    CHECK(read("GET / HTTP/1.1\r\nHOST:shop\r\n\r\n").host == "shop");
    CHECK(read("GET / HTTP/1.1\nhost :\t shop \t\n\n").host == "shop");
    CHECK(read("GET / HTTP/1.1\r\nHost:\r\n shop\r\n\r\n").host == "shop");
    CHECK(read("GET / HTTP/1.1\r\nHost\r\n : shop\r\n\r\n").host == "shop");
    CHECK(read("GET / HTTP/1.1\nHost\n\t: shop\n\n").host == "shop");
    CHECK(read("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n").host == "a");
    CHECK(read("GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n").host == "b");
    for (const char* other : {"Hosts: shop", "Hos: shop", " Host: shop", "X: Host: shop", "Host shop", "Host", ":Host: shop",
                              "Hosu: x", "X: a\r\n Host: shop"})
        CHECK_FALSE(read("GET / HTTP/1.1\r\n" + std::string(other) + "\r\n\r\n").host);
    CHECK(read("HTTP/1.1 101 x\r\nupgrade: WebSocket\r\nUpgraded: no\r\n\r\n").upgrade == "WebSocket");
    CHECK(read("PUT / HTTP/1.1\r\nExpect: 100-Continue\r\n\r\n").expects_continue);
    CHECK_FALSE(read("PUT / HTTP/1.1\r\nExpect: 100\r\n\r\n").expects_continue);
}

TEST_CASE("a length counts where it is one number, and a coding by the last of them") {
    using enum BodyHeaders::Length;
    const auto length = [](std::string_view lines) { return read("HTTP/1.1 200 OK\r\n" + std::string(lines) + "\r\n\r\n").body; };
    CHECK(length("Content-Length: 42").content_length == 42);
    CHECK(length("content-LENGTH: 0042").content_length == 42);
    CHECK(length("Content-Length: 42, 42\r\nContent-Length: 42").length == valid);
    CHECK(length("Content-Length: 9223372036854775807").length == valid);
    for (const char* wrong : {"9223372036854775808", "42, 43", "42\r\nContent-Length: 43", "4 2", "-1", "", ",", "42x",
                              "9223372036854775808\r\nContent-Length: 42"})
        CHECK(length("Content-Length: " + std::string(wrong)).length == invalid);
    for (const char* other : {"Content-Lengths: 42", "Content-Type: 42", "Content\rLength: 42", "Content-Lengt: 42"})
        CHECK(length(other).length == none);
    CHECK(length("Transfer-Encoding: gzip, Chunked").coding == BodyHeaders::Coding::chunked_last);
    CHECK(length("Transfer-Encoding: chunked\r\nTransfer-Encoding: gzip").coding == BodyHeaders::Coding::other);
}
