// A connection's record in every format, and the ledger of a trace of connections.
#include <doctest/doctest.h>

#include <algorithm>
#include <set>
#include <string>

#include "event/fields_ledger.hpp"
#include "event/fields_tcp.hpp"
#include "event/selection.hpp"
#include "exchanges.hpp"
#include "null_check.hpp"
#include "print/ledger.hpp"
#include "print/record_printer.hpp"
#include "print/utf8.hpp"

using namespace podsnoop;
using namespace std::chrono_literals;

namespace {

const Pod front{"shop", "front-5c6d", "1526f73d", "shell"};

TcpConnection full_connection() {
    TcpConnection c;
    c.time = some_time;
    c.side = Side::server;
    c.interface = "eth0";
    c.netns = 4026532201;
    c.client = {.endpoint = {ipv4(10, 244, 0, 7), 51234}, .pod = &front};
    c.server.endpoint = {ipv4(10, 244, 0, 9), 5432};
    c.duration = 1'234'567us;
    c.connect = 310us;
    c.client_counts = {.bytes = 312, .retransmits = 1, .zero_windows = 2, .rtt = 80us, .rtt_min = 60us};
    c.server_counts = {.bytes = 5'000'000'000, .retransmits = 3, .zero_windows = 0, .rtt = 240us, .rtt_min = 200us};
    c.syns = 1;
    c.end = ConnectionEnd::reset;
    c.reset_by = ResetBy::client;
    c.flags = connection_midstream | connection_reordered;
    return c;
}

TcpConnection opened_connection() {
    TcpConnection c = full_connection();
    c.open = true;
    c.flags = 0;
    c.reset_by = ResetBy::none;
    return c;
}

std::string printed(const TcpConnection& connection, const PrintOptions& options, bool titles = false) {
    RecordPrinter<TcpConnection> printer(options);
    std::string out;
    if (titles) printer.header(out);
    printer.print(out, connection);
    return out;
}

}  // namespace

TEST_CASE("tcp record: JSON, field by field as documented") {
    CHECK(printed(full_connection(), {.format = Format::json}) ==
          R"({"type":"tcp","time":"2026-11-21T07:49:25.123456789Z","side":"server","interface":"eth0","netns":4026532201,)"
          R"("client":{"address":"10.244.0.7","port":51234,"pod":{"namespace":"shop","name":"front-5c6d","uid":"1526f73d",)"
          R"("container":"shell"},"comm":null},"server":{"address":"10.244.0.9","port":5432,"pod":null,"comm":null},)"
          R"("service":null,"duration_us":1234567,"connect_us":310,"rtt_us":320,"client_rtt_us":80,"client_rtt_min_us":60,)"
          R"("server_rtt_us":240,"server_rtt_min_us":200,"client_bytes":312,"server_bytes":5000000000,"retransmits":4,)"
          R"("client_retransmits":1,"server_retransmits":3,"client_zero_windows":2,"server_zero_windows":0,"syns":1,)"
          R"("reset_by":"client","end":"reset","flags":["midstream","reordered"]})"
          "\n");
}

TEST_CASE("tcp record: what is not known at the start is null") {
    CHECK(printed(opened_connection(), {.format = Format::json})
              .ends_with(
                  R"("service":null,"duration_us":null,"connect_us":310,"rtt_us":320,"client_rtt_us":80,"client_rtt_min_us":60,)"
                  R"("server_rtt_us":240,"server_rtt_min_us":200,"client_bytes":null,"server_bytes":null,"retransmits":null,)"
                  R"("client_retransmits":null,"server_retransmits":null,"client_zero_windows":null,"server_zero_windows":null,)"
                  R"("syns":null,"reset_by":null,"end":null,"flags":[]})"
                  "\n"));
}

TEST_CASE("tcp record: each field has a description, and says so where it can be null") {
    NullCheck empty, open, ledger;
    visit_fields(TcpConnection{}, empty);
    CHECK(empty.null.contains("rtt_us"));
    visit_fields(opened_connection(), open);
    CHECK(open.null.contains("end"));
    visit_fields(TcpLedger{}, ledger);
    CHECK(ledger.null == std::set<std::string_view>{"gap"});
}

TEST_CASE("tcp record: CSV has a field for each name") {
    const std::string text = printed(full_connection(), {.format = Format::csv}, true);
    const std::size_t line = text.find('\n');
    CHECK(std::ranges::count(text.substr(0, line), ',') == std::ranges::count(text.substr(line), ','));
    CHECK(text.find("client_rtt_min_us") != std::string::npos);
    CHECK(text.find(",reset,midstream reordered\n") != std::string::npos);
}

TEST_CASE("tcp record: a table of 80 columns") {
    CHECK(printed(full_connection(), {.width = 80}, true) ==
          "TIME     CLIENT          SERVER                  TOOK     RTT RECVD END\n"
          "07:49:25 shop/front-5c6d 10.244.0.9:5432        1.23s   320us  4.7G client reset\n");
    for (unsigned width = 8; width < 200; ++width) {
        CAPTURE(width);
        const std::string text = printed(full_connection(), {.width = width}, true);
        for (std::size_t start = 0, end; (end = text.find('\n', start)) != std::string::npos; start = end + 1)
            CHECK(width_of(std::string_view(text).substr(start, end - start)) <= width);
    }
}

TEST_CASE("tcp record: how it ended, in words and colours") {
    const auto last = [](TcpConnection c) {
        const std::string row = printed(c, {.color = true});
        return row.substr(row.rfind("  ") + 2);
    };
    TcpConnection c = full_connection();
    CHECK(last(c).find("\x1b[31mclient reset") != std::string::npos);
    c.end = ConnectionEnd::fin;
    CHECK(last(c).find("\x1b[32mfin") != std::string::npos);
    c.end = ConnectionEnd::timeout;
    CHECK(last(c).find("\x1b[31mtimeout\x1b") != std::string::npos);
    c.syns = 7;
    CHECK(last(c).find("timeout (7x)") != std::string::npos);
    c.end = ConnectionEnd::capture_end;
    CHECK(last(c) == "capture-end\n");
    c.open = true;
    CHECK(last(c) == "opened\n");
}

TEST_CASE("tcp selection: by port, duration and errors") {
    TcpConnection c = full_connection();
    CHECK(TcpSelection{}.matches(c));
    CHECK(TcpSelection{.ports = {80, 5432}}.matches(c));
    CHECK_FALSE(TcpSelection{.ports = {80}}.matches(c));
    CHECK(TcpSelection{.slower_than = 1'234'567us}.matches(c));
    CHECK_FALSE(TcpSelection{.slower_than = 2s}.matches(c));
    using enum ConnectionEnd;
    for (const ConnectionEnd end : {fin, reset, refused, timeout, reused, capture_end, evicted}) {
        CAPTURE(name_of(end));
        c.end = end;
        CHECK(TcpSelection{.errors = true}.matches(c) == (end == reset || end == refused || end == timeout));
    }
    c.open = true;
    CHECK(TcpSelection{.ports = {5432}}.matches(c));
    CHECK_FALSE(TcpSelection{.slower_than = 0s}.matches(c));
    CHECK_FALSE(TcpSelection{.errors = true}.matches(c));
}

TEST_CASE("tcp ledger: JSON and the summary") {
    TcpLedger l;
    l.duration = 10s;
    l.packets = {.seen = 120, .kept = 100, .skipped_not_tcp = 20};
    l.segments_decoded = 97, l.segments_malformed = 1, l.segments_fragments = 2;
    l.bytes_cut = 1'000'000;
    l.connections_seen = 28, l.connections_elsewhere = 9;
    l.connections_by_end = {1, 2, 3, 4, 5, 6, 7};
    std::string json, summary;
    append_ledger_json(json, l);
    CHECK(
        json ==
        R"({"type":"ledger","duration_us":10000000,"packets":{"seen":120,"kept":100,)"
        R"("skipped":{"not-tcp":20,"not-selected":0,"not-http":0,"body":0,"ack":0},"dropped":{"ring-full":0,"other":0}},)"
        R"("segments":{"decoded":97,"malformed":1,"fragments":2},"bytes":{"captured":0,"gap":null,"cut":1000000},"excluded":{"self":0},)"
        R"("connections":{"seen":28,"ended":{"fin":1,"reset":2,"refused":3,"timeout":4,"reused":5,"capture-end":6,"evicted":7},)"
        R"("elsewhere":9},"limits":{"connections-evicted":7}})"
        "\n");
    append_summary(summary, l);
    CHECK(summary ==
          "podsnoop: 28 connections (1 fin, 2 reset, 3 refused, 4 timeout, 5 reused, 6 still open, 7 evicted) in 10.0s\n"
          "podsnoop: 120 packets seen: 100 kept, 20 skipped (20 not TCP), 0 dropped\n"
          "podsnoop: missed: 1 malformed packet, 2 IP fragments, 7 connections forgotten for want of room\n");
}
