#include <doctest/doctest.h>

#include <string>

#include "attribute/kubelet_url.hpp"

using namespace podsnoop;

namespace {

/// The whole URL that a text stands for, or why it is none.
std::string read(std::string_view text) {
    const auto url = parse_kubelet_url(text);
    return url ? text_of(*url) : url.error().why;
}

}  // namespace

TEST_CASE("kubelet url: what is not written is as usual") {
    CHECK(read("10.0.0.5") == "https://10.0.0.5:10250/pods");
    CHECK(read("10.0.0.5:11250") == "https://10.0.0.5:11250/pods");
    CHECK(read("https://10.0.0.5") == "https://10.0.0.5:10250/pods");
    CHECK(read("https://10.0.0.5/") == "https://10.0.0.5:10250/pods");
    CHECK(read("http://10.0.0.5") == "http://10.0.0.5:10255/pods");
    CHECK(read("http://127.0.0.1:8001/api/v1/nodes/a/proxy/pods?x=/y") == "http://127.0.0.1:8001/api/v1/nodes/a/proxy/pods?x=/y");
    CHECK(read("localhost") == "https://127.0.0.1:10250/pods");
}

TEST_CASE("kubelet url: IPv6 addresses stand in brackets, or alone") {
    CHECK(read("https://[fd00::5]") == "https://[fd00::5]:10250/pods");
    CHECK(read("https://[::1]:1/x") == "https://[::1]:1/x");
    CHECK(read("::1") == "https://[::1]:10250/pods");
    CHECK(read("fd00::5/x") == "https://[fd00::5]:10250/x");
}

TEST_CASE("kubelet url: names cannot be looked up") {
    CHECK(read("https://node-1:10250/pods") == "its host is not an address");
    CHECK(read("https://user@10.0.0.5") == "its host is not an address");
    CHECK(read("https://10.0.0.256") == "its host is not an address");
}

TEST_CASE("kubelet url: anything else is said to be wrong") {
    for (const char* text : {"", "https://", "https:///pods", ":10250", "https://[]:1"})
        CHECK_MESSAGE(read(text) == "it names no address", text);
    for (const char* text : {"10.0.0.5:0", "10.0.0.5:65536", "10.0.0.5:", "10.0.0.5:1x", "[::1]:", "[::1]:-1"})
        CHECK_MESSAGE(read(text) == "its port is not a number from 1 to 65535", text);
    for (const char* text : {"[::1", "[::1]1", "[::1]x:1"}) CHECK_MESSAGE(read(text) == "it names no address", text);
    CHECK(read("ftp://10.0.0.5") == "it is neither https nor http");
    CHECK(read("10.0.0.5?x") == "it has a query and no path");
    for (const char* text : {"10.0.0.5/a b", "10.0.0.5/\r\nX: y", "10.0.0.5/\x80", "10.0.0.5/#x", "10.0.0.5/\x7f"})
        CHECK_MESSAGE(read(text) == "it has characters that no such URL has", text);
}
