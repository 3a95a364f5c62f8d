// Live capture of real traffic in network namespaces of the test's own.
#include <doctest/doctest.h>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <latch>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "capture/live.hpp"
#include "decode/decoder.hpp"
#include "filter_run.hpp"
#include "network.hpp"
#include "privileges.hpp"

using namespace podsnoop;
using namespace std::chrono_literals;

namespace {

constexpr auto patience = 5s;

struct Seen {
    Packet packet;  ///< its data is gone
    std::string data;
};

bool wait_for(LiveCapture& capture, std::chrono::milliseconds time) {
    pollfd waiting{.fd = capture.poll_fd(), .events = POLLIN, .revents = 0};
    return ::poll(&waiting, 1, static_cast<int>(time.count())) == 1;
}

/// Stops the capture and gives all it has.
std::vector<Seen> finish(LiveCapture& capture) {
    std::vector<Seen> all;
    REQUIRE(capture.stop());
    for (Packet packet;;) {
        const auto next = capture.next(packet);
        REQUIRE(next);
        if (*next == Next::end) return all;
        all.push_back({packet, std::string(as_text(packet.data))});
    }
}

std::size_t captured(const std::vector<Seen>& all) {
    std::size_t bytes = 0;
    for (const Seen& seen : all) bytes += seen.data.size();
    return bytes;
}

std::size_t count_with(const std::vector<Seen>& all, std::string_view text) {
    std::size_t count = 0;
    for (const Seen& seen : all) count += seen.data.contains(text);
    return count;
}

void check_balance(const PacketCounts& counts, std::size_t delivered) {
    CHECK(counts.kept == delivered);
    CHECK(counts.dropped_other == 0);
    CHECK(counts.seen == counts.kept + counts.skipped_not_tcp + counts.skipped_not_selected + counts.skipped_not_http +
                             counts.skipped_body + counts.skipped_ack + counts.dropped_ring_full + counts.dropped_other);
}

/// Waits until a notice says this.
bool notices_say(LiveCapture& capture, const std::string& line) {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    std::string all;
    while (std::chrono::steady_clock::now() < deadline) {
        Packet packet;
        while (*capture.next(packet) == Next::packet) {
        }
        for (const std::string& notice : capture.take_notices()) {
            if (notice == line) return true;
            all += notice + "; ";
        }
        wait_for(capture, 100ms);
    }
    MESSAGE("notices were: ", all);
    return false;
}

/// Waits for the next TCP packet.
bool wait_for_packet(LiveCapture& capture, Packet& packet) {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (std::chrono::steady_clock::now() < deadline) {
        if (*capture.next(packet) == Next::packet) return true;
        capture.take_notices();
        wait_for(capture, 100ms);
    }
    return false;
}

const std::string request = "GET /cart HTTP/1.1\r\nHost: shop\r\n\r\n";
const std::string small_response = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

}  // namespace

TEST_CASE("loopback traffic is seen, each packet once") {
    auto network = TestNetwork::make();
    NEEDS(network);
    auto capture = LiveCapture::open({.interfaces = {"lo"}});
    NEEDS(capture);
    bool v6 = false;
    SUBCASE("IPv4") {}
    SUBCASE("IPv6") { v6 = true; }
    const auto connection = Connection::make(v6);
    connection.to_server(request);
    connection.to_client(small_response);
    const auto all = finish(*capture);
    CHECK(count_with(all, "GET /cart") == 1);
    CHECK(count_with(all, "200 OK") == 1);
    REQUIRE(all.size() == 5);  // SYN, SYN+ACK, ACK, request, response
    const auto now = std::chrono::system_clock::now();
    for (const Seen& seen : all) {
        CHECK(seen.packet.link == LinkType::network);
        CHECK(seen.packet.protocol == (v6 ? 0x86dd : 0x0800));
        CHECK(seen.packet.wire_length == seen.data.size());
        CHECK(capture->interfaces().at(seen.packet.interface).name == "lo");
        CHECK(seen.packet.time > now - 10s);
        CHECK(seen.packet.time <= now);
    }
    check_balance(capture->counts(), all.size());
    CHECK(capture->counts().skipped_ack > 0);
}

TEST_CASE("nothing wakes the program where nothing happens") {
    auto network = TestNetwork::make();
    NEEDS(network);
    auto capture = LiveCapture::open({});
    NEEDS(capture);
    Packet packet;
    while (*capture->next(packet) == Next::packet || !capture->take_notices().empty()) {
    }
    wait_for(*capture, 100ms);
    while (*capture->next(packet) == Next::packet || !capture->take_notices().empty()) {
    }
    CHECK_FALSE(wait_for(*capture, 300ms));
    const auto connection = Connection::make();
    CHECK(wait_for(*capture, patience));
}

TEST_CASE("of a large body less than one byte in a hundred enters the ring") {
    auto network = TestNetwork::make();
    NEEDS(network);
    auto capture = LiveCapture::open({.interfaces = {"lo"}});
    NEEDS(capture);
    constexpr std::size_t length = 64'000'000;
    const auto connection = Connection::make();
    connection.to_server(request);
    connection.to_client("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(length) + "\r\n\r\n");
    connection.to_client(std::string(length, 'x'));
    connection.to_server(request);
    connection.to_client(small_response);
    const auto all = finish(*capture);
    CHECK(count_with(all, "GET /cart") == 2);
    CHECK(count_with(all, "200 OK") == 2);
    CHECK(captured(all) < length / 100);
    check_balance(capture->counts(), all.size());
}

TEST_CASE("giant frames are not cut") {
    auto network = TestNetwork::make();
    NEEDS(network);
    const auto connection = Connection::make();
    connection.to_client(std::string(1'000'000, 'x'));  // opens the window
    auto capture = LiveCapture::open({.interfaces = {"lo"}, .buffer_bytes = 1 << 20});
    NEEDS(capture);
    connection.to_client(std::string(200'000, 'x'));
    const auto all = finish(*capture);
    std::size_t longest = 0;
    for (const Seen& seen : all) {
        CHECK(seen.data.size() == seen.packet.wire_length);
        longest = std::max(longest, seen.data.size());
    }
    CHECK(longest > 60'000);
    check_balance(capture->counts(), all.size());
}

TEST_CASE("what finds the ring full is counted") {
    auto network = TestNetwork::make();
    NEEDS(network);
    auto capture = LiveCapture::open({.interfaces = {"lo"}, .buffer_bytes = 1 << 20});
    NEEDS(capture);
    const auto connection = Connection::make();
    connection.to_client(std::string(8'000'000, 'x'));
    const auto all = finish(*capture);
    const PacketCounts counts = capture->counts();
    CHECK(counts.dropped_ring_full > 0);
    check_balance(counts, all.size());
}

TEST_CASE("hints that come of packets from before a full ring are not followed") {
    auto network = TestNetwork::make();
    NEEDS(network);
    auto capture = LiveCapture::open({.interfaces = {"lo"}, .buffer_bytes = 1 << 20});
    NEEDS(capture);
    const auto connection = Connection::make();
    connection.to_client(std::string(4 << 20, 'x'));
    const auto next_from_server = [&]() -> std::optional<FlowHint> {
        for (Packet packet; *capture->next(packet) == Next::packet;) {
            Segment segment;
            if (decode(packet, segment) == Decoded::segment && segment.length != 0)
                return FlowHint{.source = segment.source, .destination = segment.destination, .interface = packet.interface};
        }
        return {};
    };
    const auto is_seen = [&](const std::string& text) {
        connection.to_client(text);
        const auto deadline = std::chrono::steady_clock::now() + 500ms;
        while (std::chrono::steady_clock::now() < deadline) {
            if (next_from_server()) return true;
            capture->take_notices();
            wait_for(*capture, 50ms);
        }
        return false;
    };
    // Half of what fits: blocks were handed back, and there are more from before.
    std::optional<FlowHint> from_server;
    for (int packet = 0; packet < 8; ++packet) from_server = next_from_server();
    REQUIRE(from_server);
    capture->hint(*from_server);
    while (next_from_server()) {
    }
    CHECK(is_seen("now there is room"));
    capture->hint(*from_server);
    CHECK_FALSE(is_seen("not any more"));
    CHECK(finish(*capture).empty());
    const PacketCounts counts = capture->counts();
    CHECK(counts.dropped_ring_full > 0);
    CHECK(counts.skipped_not_http > 0);
}

TEST_CASE("an interface goes away, comes back, goes down and up") {
    auto network = TestNetwork::make();
    NEEDS(network);
    const auto make_pair = [&] {
        REQUIRE(network->ip("link add capture0 type veth peer name capture1"));
        REQUIRE(network->ip("link set capture1 up"));
        REQUIRE(network->ip("link set capture0 up"));
        REQUIRE(network->ip("addr add 10.99.0.1/24 dev capture0"));
        REQUIRE(network->ip("neigh add 10.99.0.2 lladdr 02:00:00:00:00:02 dev capture0 nud permanent"));
    };
    make_pair();
    auto capture = LiveCapture::open({.interfaces = {"capture0", "lo"}});
    NEEDS(capture);
    Packet packet;
    send_syn("10.99.0.2");
    REQUIRE(wait_for_packet(*capture, packet));
    const std::uint32_t interface = packet.interface;
    CHECK(capture->interfaces()[interface].name == "capture0");

    REQUIRE(network->ip("link set capture0 down"));
    CHECK(notices_say(*capture, "capture0 is down"));
    REQUIRE(network->ip("link set capture0 up"));
    CHECK(notices_say(*capture, "capture0 came up"));
    REQUIRE(network->ip("neigh replace 10.99.0.2 lladdr 02:00:00:00:00:02 dev capture0 nud permanent"));
    send_syn("10.99.0.2");
    CHECK(wait_for_packet(*capture, packet));

    REQUIRE(network->ip("link del capture0"));
    CHECK(notices_say(*capture, "capture0 went away; tracing goes on with the rest"));
    const auto connection = Connection::make();
    REQUIRE(wait_for_packet(*capture, packet));
    CHECK(capture->interfaces()[packet.interface].name == "lo");

    make_pair();
    CHECK(notices_say(*capture, "capture0 is back and traced again"));
    Packet drained;
    while (*capture->next(drained) == Next::packet) {
    }
    send_syn("10.99.0.2");
    REQUIRE(wait_for_packet(*capture, packet));
    CHECK(packet.interface == interface);
    finish(*capture);
    const PacketCounts counts = capture->counts();
    check_balance(counts, counts.kept);
    CHECK(capture->interfaces().size() == 2);
}

TEST_CASE("all interfaces: those that come later have their names too") {
    auto network = TestNetwork::make();
    NEEDS(network);
    auto capture = LiveCapture::open({.interfaces = {"any"}});
    NEEDS(capture);
    REQUIRE(network->ip("link add capture0 type veth peer name capture1"));
    REQUIRE(network->ip("link set capture1 up"));
    REQUIRE(network->ip("link set capture0 up"));
    REQUIRE(network->ip("addr add 10.99.0.1/24 dev capture0"));
    REQUIRE(network->ip("neigh add 10.99.0.2 lladdr 02:00:00:00:00:02 dev capture0 nud permanent"));
    CHECK(notices_say(*capture, "capture0 came up"));
    send_syn("10.99.0.2");
    std::vector<std::string> names;  // both ends of the pair see it
    for (Packet packet; names.size() < 2 && wait_for_packet(*capture, packet);)
        names.push_back(capture->interfaces()[packet.interface].name);
    std::ranges::sort(names);
    CHECK(names == std::vector<std::string>{"capture0", "capture1"});
    REQUIRE(network->ip("link del capture0"));
    CHECK(notices_say(*capture, "capture0 went away; tracing goes on with the rest"));
}

TEST_CASE("tagged frames are found, on the way out and in") {
    auto network = TestNetwork::make();
    NEEDS(network);
    REQUIRE(network->ip("link add capture0 type veth peer name capture1"));
    REQUIRE(network->ip("link set capture1 up"));
    REQUIRE(network->ip("link set capture0 up"));
    auto capture = LiveCapture::open({.interfaces = {"capture0", "capture1"}});
    NEEDS(capture);
    const std::string segment = Crafted{.payload = request}.packet();
    const std::string tag = be16(ethertype_vlan) + be16(5);
    std::string tags;
    SUBCASE("one tag") { tags = tag; }
    SUBCASE("two tags") { tags = tag + tag; }
    SUBCASE("a TCI that looks like IPv4") { tags = tag + be16(ethertype_vlan) + be16(0x4500); }
    SUBCASE("a TCI that looks like IPv6") { tags = tag + be16(ethertype_vlan) + be16(0x6000); }
    SUBCASE("a tag for providers") { tags = be16(0x88a8) + be16(7) + tag; }
    send_frame("capture0", std::string(12, '\2') + tags + be16(ethertype_ipv4) + segment);
    const auto all = finish(*capture);
    REQUIRE(all.size() == 2);
    for (const Seen& seen : all) {
        Packet packet = seen.packet;
        packet.data = as_bytes(seen.data);
        Segment found;
        REQUIRE(decode(packet, found) == Decoded::segment);
        CHECK(as_text(found.payload) == request);
    }
    check_balance(capture->counts(), all.size());
}

TEST_CASE("another namespace is entered for opening only") {
    std::latch ready(1), done(1);
    std::optional<Error> error;
    pid_t thread = 0;
    std::jthread other([&] {
        auto network = TestNetwork::make();
        if (!network) error = network.error();
        thread = static_cast<pid_t>(::syscall(SYS_gettid));
        ready.count_down();
        done.wait();
    });
    ready.wait();
    const auto leave = [&](int*) { done.count_down(); };
    const std::unique_ptr<int, decltype(leave)> release(&thread, leave);
    if (error) return skip_case(error->line());
    const auto before = NetworkNamespace::current();
    const auto target = NetworkNamespace::open(std::to_string(thread));
    REQUIRE(before);
    REQUIRE(target);
    CHECK(before->inode() != target->inode());
    auto capture = LiveCapture::open({.interfaces = {"lo"}, .netns = std::to_string(thread)});
    REQUIRE(capture);
    CHECK(capture->interfaces().at(0).netns == target->inode());
    CHECK(NetworkNamespace::current()->inode() == before->inode());
    auto visit = NetnsVisit::enter(*target);
    REQUIRE(visit);
    const auto connection = Connection::make();
    REQUIRE(visit->leave());
    CHECK(NetworkNamespace::current()->inode() == before->inode());
    CHECK(finish(*capture).size() == 3);
}

TEST_CASE("what cannot be opened is said, and what there is") {
    const auto interface = LiveCapture::open({.interfaces = {"nosuch0"}});
    REQUIRE_FALSE(interface);
    CHECK(interface.error().line() == "cannot open interface: nosuch0: no such interface");
    CHECK(interface.error().hint.contains("lo"));
    const auto name = LiveCapture::open({.netns = "no-such-namespace"});
    REQUIRE_FALSE(name);
    CHECK(name.error().line() == "cannot open network namespace: no-such-namespace: no such process or namespace");
    const auto path = LiveCapture::open({.netns = "/dev/null"});
    REQUIRE_FALSE(path);
    CHECK(path.error().line() == "cannot open network namespace: /dev/null: not a network namespace");
}
