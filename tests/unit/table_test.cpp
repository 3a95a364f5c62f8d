#include "print/table.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "exchanges.hpp"
#include "print/printer.hpp"
#include "print/utf8.hpp"

using namespace podsnoop;
using namespace std::chrono_literals;

namespace {

std::string table(const Exchange& exchange, PrintOptions options = {}) {
    ExchangePrinter printer(options);
    std::string out;
    printer.print(out, exchange);
    return out;
}

std::string titles(PrintOptions options) {
    std::string out;
    ExchangePrinter(options).header(out);
    return out;
}

std::vector<std::string_view> lines_of(std::string_view text) {
    std::vector<std::string_view> lines;
    while (!text.empty()) {
        const std::size_t end = text.find('\n');
        lines.push_back(text.substr(0, end));
        text.remove_prefix(end + 1);
    }
    return lines;
}

const Pod cart{"shop", "cart-7d9f8c6b5-x2x4z", "uid", "app"}, web{"shop", "web-0", "uid", ""};

Exchange hostile_exchange() {
    Exchange e = full_exchange();
    e.request.method = "G\x1b[2J";
    e.request.target =
        "/日本語日本語/\xff\xff\x1b]0;pwned\x07/\xe2\x80\xaeright-to-left/"
        "日本語日本語日本語日本語日本語日本語日本語日本語"
        "日本語日本語日本語日本語日本語日本語日本語日本語日本語日本語日本語日本語日本語\n";
    e.request.host = "日本語.日本語.日本語.日本語.日本語.日本語";
    e.request.headers = {{"X-Long", std::string(200, 'x') + "\r\n日本語"}};
    e.response.body_preview = "line\r\n" + std::string(79, 'y') + "\x1b[0m\n";
    return e;
}

}  // namespace

TEST_CASE("table: on 80 columns") {
    CHECK(titles({.width = 80}) == "TIME     CLIENT          SERVER               STATUS  LATENCY REQUEST\n");
    CHECK(table(full_exchange(), {.width = 80}) ==
          "07:49:25 10.244.0.7      10.244.0.9:8080      200      2.07ms GET /cart?id=1\n");
    CHECK(table(unanswered_exchange(), {.width = 80}) ==
          "07:49:25 10.244.0.7      10.244.0.9:8080      timeout       - GET /cart?id=1\n");
    Exchange e = full_exchange();
    e.client = {{ipv4(192, 168, 100, 123), 65535}, nullptr};
    e.server = {{ipv4(192, 168, 200, 201), 8080}, nullptr};
    e.request.target = "/api/v1/orders/4711/items";
    e.end = ExchangeEnd::reset;
    CHECK(table(e, {.width = 80}) == "07:49:25 192.168.100.123 192.168.200.201:8080 200 re…  2.07ms GET /api/v1/order…\n");
    e.client.pod = &web;
    e.server.pod = &cart;
    e.request = {};
    e.latency.total.reset();
    e.latency.wait = 40us;
    CHECK(table(e, {.width = 80}) == "07:49:25 shop/web-0      shop/cart-7d9f…:8080 200 re…    40us -\n");
    e.client.pod = e.server.pod = nullptr;
    e.client.comm = "cu\x1brl";
    e.server.comm = "kubelet";
    CHECK(table(e, {.width = 80}) == "07:49:25 (cu\\x1brl)      (kubelet):8080       200 re…    40us -\n");
}

TEST_CASE("table: a wider terminal shows more") {
    CHECK(titles({.width = 120}) ==
          "TIME          CLIENT               SERVER                 STATUS       LATENCY   SIZE  REQUEST\n");
    CHECK(table(full_exchange(), {.width = 120}) ==
          "07:49:25.123  10.244.0.7:51234     10.244.0.9:8080        200           2.07ms   5.0K  GET "
          "/cart?id=1\n");
    CHECK(titles({.width = 160}).find("  HOST ") != std::string::npos);
}

TEST_CASE("table: a narrow terminal keeps what matters most") {
    CHECK(titles({.width = 60}) == "TIME     SERVER               STATUS  LATENCY REQUEST\n");
    CHECK(titles({.width = 40}) == "TIME     STATUS  LATENCY REQUEST\n");
    CHECK(titles({.width = 12}) == "STATUS  REQ…\n");
    CHECK(titles({.width = 1}) == "…\n");
}

TEST_CASE("table: no line is wider than the terminal") {
    Exchange v6 = full_exchange();
    std::array<std::byte, 16> raw{};
    raw.fill(std::byte{0x2a});
    v6.client.endpoint = v6.server.endpoint = {Address::from(raw), 65535};
    v6.latency.total = Nanoseconds::max();
    v6.end = ExchangeEnd::capture_end;
    Exchange pods = full_exchange();
    pods.client.pod = pods.server.pod = &cart;
    pods.response.body_bytes = ~std::uint64_t{0};
    for (const Format format : {Format::table, Format::wide}) {
        for (unsigned width = 8; width <= 260; ++width) {
            CAPTURE(width);
            const PrintOptions options{.format = format, .width = width, .headers = true, .body = true};
            std::string out = titles(options);
            for (const Exchange& e : {full_exchange(), unanswered_exchange(), hostile_exchange(), v6, pods})
                out += table(e, options);
            for (const std::string_view line : lines_of(out)) {
                const unsigned wide = width_of(line);
                if (wide > width) FAIL("too wide: ", std::string(line));
                if (line.find('\x1b') != line.npos) FAIL("an escape sequence came through");
            }
        }
    }
}

TEST_CASE("table: nothing is cut where there is no terminal") {
    Exchange e = full_exchange();
    e.server.pod = &cart;
    e.request.target = "/" + std::string(500, 'x');
    const std::string line = table(e);
    CHECK(line.starts_with("07:49:25.123  10.244.0.7:51234       shop/cart-7d9f8c6b5-x2x4z:8080  200 "));
    CHECK(line.ends_with("  GET " + e.request.target + "\n"));
    CHECK(line.find("…") == std::string::npos);
}

TEST_CASE("wide: has the phases, sizes, end, flags, interface and host") {
    CHECK(titles({.format = Format::wide}) ==
          "TIME          CLIENT                 SERVER                 STATUS       LATENCY  CONNECT  "
          "REQ-TIME     WAIT"
          "  RESP-TIME  REQ-SIZE   SIZE  END          FLAGS      INTERFACE  HOST              REQUEST\n");
    Exchange e = full_exchange();
    e.flags = flag_midstream | flag_retransmit;
    CHECK(table(e, {.format = Format::wide}) ==
          "07:49:25.123  10.244.0.7:51234       10.244.0.9:8080        200           2.07ms    310us      "
          "12us   1.83ms"
          "      220us         0   5.0K  complete     midstream,retransmit  eth0       cart.shop         GET "
          "/cart?id=1\n");
}

TEST_CASE("table: sizes have units for people") {
    const auto size = [](std::uint64_t bytes) {
        Exchange e = full_exchange();
        e.response.body_bytes = bytes;
        const std::string line = table(e, {.width = 120});
        const std::size_t end = line.find("  GET");
        const std::size_t start = line.rfind(' ', end - 1) + 1;
        return line.substr(start, end - start);
    };
    CHECK(size(0) == "0");
    CHECK(size(1023) == "1023");
    CHECK(size(1024) == "1.0K");
    CHECK(size(5222) == "5.1K");
    CHECK(size(10188) == "9.9K");
    CHECK(size(10240) == "10K");
    CHECK(size(1'048'575) == "1.0M");
    CHECK(size(std::uint64_t{1} << 30) == "1.0G");
    CHECK(size(~std::uint64_t{0}) == "16E");
}

TEST_CASE("table: status is coloured by class, and what went wrong is red") {
    const auto colored = [](std::uint16_t status, ExchangeEnd end) {
        Exchange e = full_exchange();
        e.response.status = status;
        e.end = end;
        return table(e, {.color = true, .width = 160});
    };
    using enum ExchangeEnd;
    CHECK(colored(101, upgraded).find('\x1b') == std::string::npos);
    CHECK(colored(204, complete).find("\x1b[32m204\x1b[0m  ") != std::string::npos);
    CHECK(colored(304, complete).find("\x1b[36m304\x1b[0m  ") != std::string::npos);
    CHECK(colored(404, complete).find("\x1b[33m404\x1b[0m  ") != std::string::npos);
    CHECK(colored(503, complete).find("\x1b[31m503\x1b[0m  ") != std::string::npos);
    CHECK(colored(200, closed).find("\x1b[31m200 closed\x1b[0m") != std::string::npos);
    CHECK(titles({.color = true, .width = 40}) == "\x1b[2mTIME     STATUS  LATENCY REQUEST\x1b[0m\n");
    CHECK(table(unanswered_exchange(), {.color = true, .width = 40}) ==
          "07:49:25 \x1b[31mtimeout\x1b[0m       - GET /cart?id=1\n");
}

TEST_CASE("table: headers and body stand below the record, folded to the terminal") {
    Exchange e = full_exchange();
    e.request.headers = {{"Accept", "text/html"}};
    e.response.headers = {{"X-Long", std::string(30, 'a')}};
    e.response.body_preview = "one\r\n\ntwo\x1b";
    CHECK(table(e, {.width = 40, .headers = true, .body = true}) ==
          "07:49:25 200      2.07ms GET /cart?id=1\n"
          "    > Accept: text/html\n"
          "    < X-Long: aaaaaaaaaaaaaaaaaaaaaaaaaa\n"
          "    < aaaa\n"
          "    < one\n"
          "    < \n"
          "    < two\\x1b\n");
}
