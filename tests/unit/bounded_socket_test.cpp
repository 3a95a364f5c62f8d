// A connection's waits, with a peer that never says anything.
#include "attribute/bounded_socket.hpp"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <string>
#include <thread>

using namespace podsnoop;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using Kind = StreamFailure::Kind;

namespace {

/// Listens on loopback, and accepts nobody: the kernel does, for the first.
struct SilentPeer {
    Fd socket{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    Endpoint endpoint{*parse_address("127.0.0.1"), 0};

    SilentPeer() {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t length = sizeof address;
        REQUIRE(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), length) == 0);
        REQUIRE(::listen(socket.get(), 1) == 0);
        REQUIRE(::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &length) == 0);
        endpoint.port = ntohs(address.sin_port);
    }
};

}  // namespace

TEST_CASE("a silent peer is waited for until the deadline") {
    const SilentPeer peer;
    const auto began = Clock::now();
    BoundedSocket socket(began + 100ms, {});
    REQUIRE(socket.connect(peer.endpoint));
    REQUIRE(socket.send("hello"));
    std::array<char, 16> buffer{};
    const auto received = socket.receive(buffer);
    REQUIRE_FALSE(received);
    CHECK(received.error().kind == Kind::late);
    CHECK(Clock::now() - began >= 100ms);
    CHECK(Clock::now() - began < 5s);
}

TEST_CASE("a peer that reads nothing is sent to until the deadline") {
    const SilentPeer peer;
    BoundedSocket socket(Clock::now() + 200ms, {});
    REQUIRE(socket.connect(peer.endpoint));
    const auto sent = socket.send(std::string(64 << 20, 'x'));
    REQUIRE_FALSE(sent);
    CHECK(sent.error().kind == Kind::late);
}

TEST_CASE("who is asked to stop does not wait") {
    const SilentPeer peer;
    const auto began = Clock::now();
    std::stop_source stop;
    BoundedSocket socket(began + 60s, stop.get_token());
    REQUIRE(socket.connect(peer.endpoint));
    std::array<char, 16> buffer{};
    SUBCASE("while it waits") {
        const std::jthread asks([&stop] { stop.request_stop(); });
        const auto received = socket.receive(buffer);
        REQUIRE_FALSE(received);
        CHECK(received.error().kind == Kind::stopped);
    }
    SUBCASE("before it waits") {
        stop.request_stop();
        const auto sent = socket.send("x");
        REQUIRE_FALSE(sent);
        CHECK(sent.error().kind == Kind::stopped);
    }
    CHECK(Clock::now() - began < 30s);
}

TEST_CASE("nobody there is told with the kernel's reason") {
    Endpoint nobody;
    {
        const SilentPeer gone;
        nobody = gone.endpoint;
    }
    BoundedSocket socket(Clock::now() + 5s, {});
    const auto connected = socket.connect(nobody);
    REQUIRE_FALSE(connected);
    CHECK(connected.error().kind == Kind::system);
    CHECK(connected.error().error == ECONNREFUSED);
}
