#include "network.hpp"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "node/reason.hpp"

namespace podsnoop {

Result<TestNetwork> TestNetwork::make() {
    auto home = NetworkNamespace::current();
    if (!home) return std::unexpected(home.error());
    if (::unshare(CLONE_NEWNET) != 0) return fail("cannot make a network namespace", "", reason_of(errno));
    TestNetwork network(std::move(*home));
    if (!network.ip("link set lo up")) return fail("cannot run `ip`", "", "is iproute2 installed?");
    return network;
}

TestNetwork::~TestNetwork() {
    if (home_.fd() >= 0) ::setns(home_.fd(), CLONE_NEWNET);
}

bool TestNetwork::ip(const std::string& arguments) const { return std::system(("ip " + arguments).c_str()) == 0; }

Connection Connection::make(bool v6) {
    sockaddr_storage address{};
    socklen_t size = sizeof(address);
    if (v6) {
        auto& in = reinterpret_cast<sockaddr_in6&>(address);
        in.sin6_family = AF_INET6;
        in.sin6_addr = in6addr_loopback;
    } else {
        auto& in = reinterpret_cast<sockaddr_in&>(address);
        in.sin_family = AF_INET;
        in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    }
    auto* shown = reinterpret_cast<sockaddr*>(&address);
    const Fd listener(::socket(address.ss_family, SOCK_STREAM, 0));
    REQUIRE(::bind(listener.get(), shown, sizeof(address)) == 0);
    REQUIRE(::listen(listener.get(), 1) == 0);
    REQUIRE(::getsockname(listener.get(), shown, &size) == 0);
    Connection connection;
    connection.client_ = Fd(::socket(address.ss_family, SOCK_STREAM, 0));
    REQUIRE(::connect(connection.client_.get(), shown, size) == 0);
    connection.server_ = Fd(::accept(listener.get(), nullptr, nullptr));
    REQUIRE(connection.server_);
    return connection;
}

void Connection::exchange(const Fd& from, const Fd& to, std::string_view text) {
    std::array<char, 65536> buffer;
    std::size_t sent = 0, received = 0;
    while (received < text.size()) {
        if (sent < text.size()) {
            const ssize_t count = ::send(from.get(), text.data() + sent, text.size() - sent, MSG_DONTWAIT);
            if (count > 0) sent += static_cast<std::size_t>(count);
        }
        const ssize_t count = ::recv(to.get(), buffer.data(), buffer.size(), sent < text.size() ? MSG_DONTWAIT : 0);
        if (count > 0) received += static_cast<std::size_t>(count);
    }
}

void send_frame(const char* interface, std::string_view frame) {
    sockaddr_ll to{};
    to.sll_family = AF_PACKET;
    to.sll_ifindex = static_cast<int>(::if_nametoindex(interface));
    const Fd fd(::socket(AF_PACKET, SOCK_RAW, 0));
    REQUIRE(::sendto(fd.get(), frame.data(), frame.size(), 0, reinterpret_cast<const sockaddr*>(&to), sizeof(to)) ==
            static_cast<ssize_t>(frame.size()));
}

void send_syn(const char* address) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(80);
    REQUIRE(::inet_pton(AF_INET, address, &to.sin_addr) == 1);
    const Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
    ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&to), sizeof(to));
}

}  // namespace podsnoop
