#include <doctest/doctest.h>

#include <string>

#include "print/ledger.hpp"

using namespace podsnoop;
using namespace std::chrono_literals;

namespace {

std::string summary(const Ledger& ledger) {
    std::string out;
    append_summary(out, ledger);
    return out;
}

}  // namespace

TEST_CASE("summary: two lines where nothing was missed") {
    Ledger l;
    l.duration = 10s;
    l.requests_seen = 1204;
    l.requests_by_end = {1200, 3, 0, 1};
    l.responses_orphan = 2;
    l.packets = {.seen = 9113, .kept = 4800, .skipped_not_tcp = 413, .skipped_ack = 3900};
    CHECK(summary(l) ==
          "podsnoop: 1,204 exchanges (1,200 complete, 3 reset, 1 timeout), 2 responses without a request, in "
          "10.0s\n"
          "podsnoop: 9,113 packets seen: 4,800 kept, 4,313 skipped (3,900 acks, 413 not TCP), 0 dropped\n");
}

TEST_CASE("summary: what was left out is told") {
    Ledger l;
    l.records_delivery = 1;
    CHECK(summary(l).find("\npodsnoop: left out 1 record of what carries this output away; --no-exclude-self tells it too\n") !=
          std::string::npos);
    l.records_delivery = 1200;
    CHECK(summary(l).find(
              "\npodsnoop: left out 1,200 records of what carries this output away; --no-exclude-self tells them too\n") !=
          std::string::npos);
}

TEST_CASE("summary: nothing at all") {
    Ledger l;
    l.duration = 1s;
    CHECK(summary(l) ==
          "podsnoop: 0 exchanges in 1.00s\n"
          "podsnoop: 0 packets seen: 0 kept, 0 skipped, 0 dropped\n");
}

TEST_CASE("summary: one of each is told in the singular, and what was missed has a line") {
    Ledger l;
    l.duration = 1s;
    l.requests_seen = 1;
    l.requests_by_end[static_cast<std::size_t>(ExchangeEnd::capture_end)] = 1;
    l.responses_orphan = 1;
    l.packets = {1, 1, 1, 1, 1, 1, 1, 1, 1};
    l.connections_tls = 1, l.connections_http2 = 2, l.connections_other = 1'234'567;
    l.tunnels = 1, l.tunnel_bytes = 1, l.tunnels_websocket = 1;
    l.bytes_gap = 14600, l.segments_malformed = 1, l.segments_fragments = 2;
    l.connections_evicted = 1, l.heads_truncated = 2;
    CHECK(summary(l) ==
          "podsnoop: 1 exchange (1 still open), 1 response without a request, in 1.00s\n"
          "podsnoop: 1 packet seen: 1 kept, 5 skipped (1 ack, 1 inside a body, 1 not HTTP, 1 told elsewhere, 1 "
          "not TCP), "
          "2 dropped (1 because the ring was full, 1 for other reasons)\n"
          "podsnoop: 1 connection was TLS and not decoded\n"
          "podsnoop: 2 connections were HTTP/2 and not decoded\n"
          "podsnoop: 1,234,567 connections were not HTTP/1 and not decoded\n"
          "podsnoop: 1 connection became a tunnel and carried 1 byte\n"
          "podsnoop: 1 connection was WebSocket and not decoded\n"
          "podsnoop: missed: 2 dropped packets and the exchanges in them, 14,600 bytes that were sent and not seen, "
          "1 malformed packet, 2 IP fragments, "
          "1 connection forgotten for want of room, 2 heads cut short\n");
}
