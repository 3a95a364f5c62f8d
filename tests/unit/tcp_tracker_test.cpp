#include <doctest/doctest.h>

#include <numeric>

#include "tcp_scene.hpp"

using namespace podsnoop;
using namespace podsnoop::test;
using namespace std::chrono_literals;

namespace {

/// A request of 5 bytes, a response of 10, both sides close.
Scene exchange() {
    Scene scene;
    scene.handshake().client(400us, "A", 5).server(900us, "A", 10).client(1000us, "A");
    scene.client(2ms, "FA").server(2200us, "FA").client(2300us, "A");
    return scene;
}

std::uint64_t ended(const TcpLedger& ledger) {
    return std::accumulate(ledger.connections_by_end.begin(), ledger.connections_by_end.end(), std::uint64_t{0});
}

}  // namespace

TEST_CASE("tcp: a connection from SYN to FIN") {
    const auto records = records_of(exchange().packets());
    REQUIRE(records.size() == 1);
    const TcpConnection& c = records[0];
    CHECK(line_of(c) == "fin 5/10");
    CHECK(c.client.endpoint == endpoint("10.0.0.1", 40000));
    CHECK(c.server.endpoint == endpoint("10.0.0.2", 80));
    CHECK(c.interface == "eth0");
    CHECK(c.netns == 7);
    CHECK(c.time == Time{Wire{}.start});
    CHECK(c.duration == 2300us);
    CHECK(c.connect == 300us);
    CHECK(c.syns == 1);
}

TEST_CASE("tcp: round trips on each side of the capture") {
    const auto records = records_of(exchange().packets());
    REQUIRE(records.size() == 1);
    // To the server: SYN 200 us, the request 500 us, FIN 200 us. To the client: 100 us, 100 us, 100 us.
    CHECK(records[0].server_counts.rtt_min == 200us);
    CHECK(records[0].server_counts.rtt == 232'875ns);  // 200, then 7/8 of it and an eighth of 500, and so on, in eighths of 1 us
    CHECK(records[0].client_counts.rtt_min == 100us);
    CHECK(records[0].client_counts.rtt == 100us);
    CHECK(records[0].rtt() == 332'875ns);
}

TEST_CASE("tcp: an acknowledgment of what was sent twice says nothing of the time") {
    Scene scene;
    scene.handshake().client(1ms, "A", 5).again(201ms).server(202ms, "A");
    const auto records = records_of(scene.packets());
    REQUIRE(records.size() == 1);
    CHECK(line_of(records[0]) == "capture-end 5/0 again 1/0");
    CHECK(records[0].server_counts.rtt == 200us);
}

TEST_CASE("tcp: refused") {
    Scene scene;
    scene.client(0us, "S").server(50us, "RA");
    CHECK(told(scene.packets()) == "refused 0/0 by server");
}

TEST_CASE("tcp: reset by either side") {
    Scene by_client, by_server;
    by_client.handshake().client(1ms, "A", 5).client(2ms, "R").server(3ms, "A", 7);
    CHECK(told(by_client.packets()) == "reset 5/0 by client");
    by_server.handshake().client(1ms, "A", 5).server(2ms, "RA");
    CHECK(told(by_server.packets()) == "reset 5/0 by server");
    Scene after_answer;
    after_answer.client(0us, "S").server(1ms, "SA").server(2ms, "R");
    CHECK(told(after_answer.packets()) == "reset 0/0 by server half-open");
}

TEST_CASE("tcp: a reset alone opens nothing") {
    Scene scene;
    scene.server(0us, "R");
    CHECK(told(scene.packets()).empty());
}

TEST_CASE("tcp: a SYN that nobody answers, and its retries") {
    Scene scene;
    scene.client(0s, "S").again(1s).again(3s).again(7s).again(15s);
    Tracking tracking;
    tracking.take(scene.packets());
    CHECK(tracking.told.records.empty());
    CHECK(tracking.tracker.waits());
    tracking.tracker.advance(Time{Wire{}.start + 15s + 23s});
    CHECK(tracking.told.records.empty());  // the next retry would be at 31 s
    tracking.tracker.advance(Time{Wire{}.start + 15s + 25s});
    REQUIRE(tracking.told.records.size() == 1);
    CHECK(line_of(tracking.told.records[0]) == "timeout 0/0 again 4/0 syns 5");
    CHECK(tracking.told.records[0].duration == 15s);
    CHECK_FALSE(tracking.tracker.waits());
}

TEST_CASE("tcp: an answer to a SYN that is never acknowledged") {
    Scene scene;
    scene.client(0s, "S").server(1ms, "SA").again(1001ms);
    Tracking tracking;
    tracking.take(scene.packets());
    tracking.tracker.advance(Time{Wire{}.start + 7s});
    REQUIRE(tracking.told.records.size() == 1);
    CHECK(line_of(tracking.told.records[0]) == "timeout 0/0 again 0/1 half-open");
}

TEST_CASE("tcp: a client that refuses an old answer, and then gets a new one") {
    Scene scene;
    scene.client(0s, "S");
    scene.add({.by_server = true, .at = 1ms, .flags = "A", .seq = 900'000'000, .ack = 77});
    scene.add({.at = 2ms, .flags = "R", .seq = 77});
    scene.add({.at = 1s, .flags = "S"});
    scene.server(1001ms, "SA")
        .client(1002ms, "A")
        .client(1003ms, "A", 5)
        .server(1004ms, "FA")
        .client(1005ms, "FA")
        .server(1006ms, "A");
    CHECK(told(scene.packets()) == "fin 5/0 again 1/0 syns 2");
}

TEST_CASE("tcp: open before tracing") {
    Scene scene;
    scene.add({.by_server = true, .at = 0us, .flags = "A", .length = 10, .seq = 5000, .ack = 100});
    scene.add({.at = 100us, .flags = "A", .seq = 100, .ack = 5010});
    scene.add({.at = 200us, .flags = "FA", .seq = 100, .ack = 5010});
    scene.add({.by_server = true, .at = 300us, .flags = "FA", .seq = 5010, .ack = 101});
    scene.add({.at = 400us, .flags = "A", .seq = 101, .ack = 5011});
    const auto records = records_of(scene.packets());
    REQUIRE(records.size() == 1);
    CHECK(line_of(records[0]) == "fin 0/10 midstream");
    CHECK(records[0].client.endpoint.port == 40000);  // servers listen on low ports
    CHECK_FALSE(records[0].connect);
    CHECK(records[0].syns == 0);
}

TEST_CASE("tcp: retransmits are counted, of data, FIN and SYN-ACK") {
    Scene scene;
    scene.client(0s, "S").server(1ms, "SA").again(1001ms).client(1002ms, "A");
    scene.client(1003ms, "A", 100).again(1210ms).server(1211ms, "A");
    scene.server(1212ms, "FA").again(1420ms).client(1421ms, "FA").server(1422ms, "A");
    CHECK(told(scene.packets()) == "fin 100/0 again 1/2");
}

TEST_CASE("tcp: what fills a hole in time was overtaken, later it was sent again") {
    for (const auto& [delay, line] : {std::pair{50us, "capture-end 300/0 reordered"}, {5000us, "capture-end 300/0 again 1/0"}}) {
        Scene scene;
        scene.handshake().client(1ms, "A", 100);
        scene.add({.at = 1010us, .flags = "A", .length = 100, .seq = 201, .ack = 1});
        scene.add({.at = 1010us + delay, .flags = "A", .length = 100, .seq = 101, .ack = 1});
        CHECK(told(scene.packets()) == std::string(line));
    }
}

TEST_CASE("tcp: CPUs of one host may put segments in another order for longer than a round trip takes") {
    Scene scene;
    scene.client(0us, "S").server(4us, "SA").client(8us, "A");
    scene.add({.at = 1ms, .flags = "A", .length = 100, .seq = 101, .ack = 1});
    scene.add({.at = 1025us, .flags = "A", .length = 100, .seq = 1, .ack = 1});
    CHECK(told(scene.packets()) == "capture-end 200/0 reordered");
}

TEST_CASE("tcp: bytes that were never seen count by their sequence numbers") {
    Scene scene;
    scene.handshake();
    scene.add({.by_server = true, .at = 1ms, .flags = "A", .length = 10, .seq = 1'000'001, .ack = 1});
    CHECK(told(scene.packets()) == "capture-end 0/1000010");
}

TEST_CASE("tcp: more than 4 GiB") {
    Scene scene;
    scene.handshake();
    for (std::uint32_t i = 1; i <= 10; ++i)
        scene.add({.at = 1ms * i, .flags = "A", .length = 1000, .seq = i * 500'000'000u, .ack = 1});
    CHECK(told(scene.packets()) == "capture-end 5000000999/0");
}

TEST_CASE("tcp: keep-alive and window probes are no retransmits") {
    Scene scene;
    scene.handshake().client(1ms, "A", 10).server(2ms, "A");
    scene.add({.at = 30s, .flags = "A", .seq = 10, .ack = 1});  // without payload
    scene.add({.at = 60s, .flags = "A", .length = 1, .seq = 10, .ack = 1});  // with the last byte, as old systems send it
    scene.server(61s, "A");
    scene.last().window = 0;
    scene.client(62s, "A", 1).again(63s).again(65s).server(66s, "A");
    CHECK(told(scene.packets()) == "capture-end 11/0 zero 0/1");
}

TEST_CASE("tcp: each time a window closes counts once") {
    Scene scene;
    scene.handshake();
    for (int i = 1; i <= 3; ++i) {
        for (const std::uint16_t window : {std::uint16_t{500}, std::uint16_t{0}, std::uint16_t{0}}) {
            scene.server(1ms * i, "A");
            scene.last().window = window;
        }
    }
    CHECK(told(scene.packets()) == "capture-end 0/0 zero 0/3");
}

TEST_CASE("tcp: one direction only") {
    std::vector<Said> half;
    const Scene scene = exchange();
    for (const Said& said : scene.packets())
        if (said.by_server) half.push_back(said);
    Tracking tracking;
    tracking.take(half);
    tracking.tracker.advance(Time{Wire{}.start + 60s});
    REQUIRE(tracking.told.records.size() == 1);
    const TcpConnection& c = tracking.told.records[0];
    CHECK(c.client.endpoint.port == 40000);
    CHECK(line_of(c) == "fin 6/10 one-way");  // the FIN of a direction that is not seen looks like a byte
    CHECK_FALSE(c.rtt());
}

TEST_CASE("tcp: the last ACK may never be seen") {
    Scene scene;
    scene.handshake().client(1ms, "FA").server(2ms, "FA");
    Tracking tracking;
    tracking.take(scene.packets());
    CHECK(tracking.told.records.empty());
    tracking.tracker.advance(Time{Wire{}.start + 7s});
    REQUIRE(tracking.told.records.size() == 1);
    CHECK(line_of(tracking.told.records[0]) == "fin 0/0");
}

TEST_CASE("tcp: late segments do not open an ended connection anew, the same ports do") {
    Scene scene = exchange();
    scene.add({.by_server = true, .at = 3ms, .flags = "FA", .seq = 11, .ack = 7});
    scene.add({.at = 4ms, .flags = "A", .seq = 7, .ack = 12});
    CHECK(told(scene.packets()) == "fin 5/10");
    scene.add({.at = 5ms, .flags = "S", .seq = 70'000'000});
    scene.add({.by_server = true, .at = 6ms, .flags = "RA", .ack = 70'000'001});
    CHECK(told(scene.packets()) == "fin 5/10; refused 0/0 by server");
}

TEST_CASE("tcp: ports used again before the end was seen") {
    Scene scene;
    scene.handshake().client(1ms, "A", 5);
    scene.add({.at = 1s, .flags = "S", .seq = 90'000'000});
    CHECK(told(scene.packets()) == "reused 5/0; capture-end 0/0");
}

TEST_CASE("tcp: a packet seen on several interfaces is one packet") {
    std::vector<Said> packets;
    const Scene scene = exchange();
    for (Said said : scene.packets()) {
        packets.push_back(said);
        said.interface = 1;
        said.at += 3us;
        packets.push_back(said);
    }
    CHECK(told(packets) == "fin 5/10");
    // Each direction on an interface of its own.
    packets = scene.packets();
    for (Said& said : packets) said.interface = said.by_server ? 1 : 0;
    CHECK(told(packets) == "fin 5/10");
}

TEST_CASE("tcp: what is told from elsewhere is counted apart") {
    Tracking tracking;
    tracking.told.wanted = false;
    tracking.take(exchange().packets());
    tracking.tracker.finish();
    CHECK(tracking.told.records.empty());
    CHECK(tracking.ledger.connections_elsewhere == 1);
    CHECK(tracking.ledger.connections_seen == 0);
}

TEST_CASE("tcp: the start is told at once") {
    Tracking tracking;
    tracking.take(Scene().client(0us, "S").packets());
    REQUIRE(tracking.told.opened.size() == 1);
    CHECK(tracking.told.opened[0].open);
    CHECK(tracking.told.opened[0].client.endpoint.port == 40000);
}

TEST_CASE("tcp: a flood of SYNs stays within its bounds, and the ledger balances") {
    Tracking tracking(TcpLimits{.connections = 1000});
    for (std::uint32_t i = 0; i < 100'000; ++i)
        tracking.take({.at = 10us * i, .flags = "S", .seq = i, .client_port = static_cast<std::uint16_t>(i % 60'000 + 1000)},
                      {.client = i < 60'000 ? "10.1.0.1" : "10.1.0.2"});
    tracking.tracker.finish();
    const auto by_end = [&](ConnectionEnd end) { return tracking.ledger.connections_by_end[static_cast<std::size_t>(end)]; };
    CHECK(tracking.ledger.connections_seen == 100'000);
    CHECK(ended(tracking.ledger) == 100'000);
    CHECK(by_end(ConnectionEnd::evicted) == 99'000);
    CHECK(by_end(ConnectionEnd::capture_end) == 1000);
    CHECK(tracking.told.records.size() == 100'000);
}

TEST_CASE("tcp: those that talk outlive a flood") {
    Tracking tracking(TcpLimits{.connections = 100});
    Scene talk;
    talk.handshake();
    tracking.take(talk.packets(), {.client = "10.9.0.1"});
    for (std::uint32_t i = 0; i < 10'000; ++i) {
        tracking.take({.at = 1ms + 10us * i, .flags = "S", .client_port = static_cast<std::uint16_t>(i + 1000)});
        if (i % 50 == 0)
            tracking.take({.at = 1ms + 10us * i, .flags = "A", .length = 1, .seq = 1 + i / 50, .ack = 1}, {.client = "10.9.0.1"});
    }
    tracking.tracker.finish();
    std::erase_if(tracking.told.records, [](const TcpConnection& c) { return c.client.endpoint.address != address("10.9.0.1"); });
    CHECK(lines_of(tracking.told.records) == "capture-end 200/0");
}
