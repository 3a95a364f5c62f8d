#include "node.hpp"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <span>

#include "node/reason.hpp"

namespace podsnoop {

namespace {

struct SocketAddress {
    sockaddr_storage storage{};
    socklen_t size = sizeof(sockaddr_storage);
    sockaddr* raw() { return reinterpret_cast<sockaddr*>(&storage); }
};

SocketAddress to_raw(const Endpoint& endpoint) {
    SocketAddress address;
    if (endpoint.address.family == 4) {
        auto& in = reinterpret_cast<sockaddr_in&>(address.storage);
        in.sin_family = AF_INET;
        in.sin_port = htons(endpoint.port);
        std::memcpy(&in.sin_addr, endpoint.address.bytes.data(), 4);
        address.size = sizeof(in);
    } else {
        auto& in = reinterpret_cast<sockaddr_in6&>(address.storage);
        in.sin6_family = AF_INET6;
        in.sin6_port = htons(endpoint.port);
        std::memcpy(&in.sin6_addr, endpoint.address.bytes.data(), 16);
        address.size = sizeof(in);
    }
    return address;
}

Endpoint from_raw(const SocketAddress& address) {
    if (address.storage.ss_family == AF_INET) {
        const auto& in = reinterpret_cast<const sockaddr_in&>(address.storage);
        return {Address::from(std::as_bytes(std::span(&in.sin_addr, 1))), ntohs(in.sin_port)};
    }
    const auto& in = reinterpret_cast<const sockaddr_in6&>(address.storage);
    return {Address::from(std::as_bytes(std::span(&in.sin6_addr, 1))), ntohs(in.sin6_port)};
}

/// A namespace that this thread is not in, alive as long as it is held.
Result<NetworkNamespace> make_namespace() {
    auto home = NetworkNamespace::current();
    if (!home) return home;
    if (::unshare(CLONE_NEWNET) != 0) return fail("cannot make a network namespace", "", reason_of(errno));
    auto made = NetworkNamespace::current();
    REQUIRE(::setns(home->fd(), CLONE_NEWNET) == 0);
    return made;
}

template <class F>
Fd inside(const NetworkNamespace& netns, F make) {
    auto visit = NetnsVisit::enter(netns);
    REQUIRE(visit);
    return make();
}

}  // namespace

bool TestNode::run(const std::string& command) { return std::system(command.c_str()) == 0; }

Result<TestNode> TestNode::make() {
    auto network = TestNetwork::make();
    if (!network) return std::unexpected(network.error());
    auto node = NetworkNamespace::current();
    auto pod = make_namespace();
    if (!node || !pod) return std::unexpected(!node ? node.error() : pod.error());
    const std::string pod_path = "/proc/" + std::to_string(::getpid()) + "/fd/" + std::to_string(pod->fd());
    {
        // `ip` opens the path, and the namespace's descriptor is not inherited.
        REQUIRE(run("ip link add veth0 type veth peer name eth0 netns " + pod_path + " && ip link set veth0 up && " +
                    "ip addr add 10.99.0.1/24 dev veth0 && ip -6 addr add fd99::1/64 dev veth0 nodad"));
        auto visit = NetnsVisit::enter(*pod);
        REQUIRE(visit);
        REQUIRE(
            run("ip link set lo up && ip link set eth0 up && ip addr add 10.99.0.2/24 dev eth0 && "
                "ip -6 addr add fd99::2/64 dev eth0 nodad && ip route add default via 10.99.0.1 && "
                "ip -6 route add default via fd99::1"));
    }
    REQUIRE(
        run("ip addr add 10.99.1.1/32 dev lo && ip route add 10.96.0.0/16 dev veth0 && "
            "ip -6 route add fd96::/64 dev veth0 && "
            "sysctl -q -w net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1"));
    return TestNode(std::move(*network), std::move(*node), std::move(*pod));
}

Fd listen_at(const Endpoint& local, int backlog, bool v6_only, bool reuse_port) {
    auto address = to_raw(local);
    Fd fd(::socket(address.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const int yes = 1, only = v6_only ? 1 : 0;
    REQUIRE(::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) == 0);
    if (reuse_port) REQUIRE(::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEPORT, &yes, sizeof(yes)) == 0);
    if (local.address.family == 6) REQUIRE(::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &only, sizeof(only)) == 0);
    REQUIRE(::bind(fd.get(), address.raw(), address.size) == 0);
    REQUIRE(::listen(fd.get(), backlog) == 0);
    return fd;
}

Fd listen_in(const NetworkNamespace& netns, const Endpoint& local) {
    return inside(netns, [&] { return listen_at(local); });
}

Fd connect_to(const Endpoint& server) {
    auto address = to_raw(server);
    Fd fd(::socket(address.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const timeval patience{.tv_sec = 5, .tv_usec = 0};
    REQUIRE(::setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)) == 0);
    REQUIRE(::connect(fd.get(), address.raw(), address.size) == 0);
    return fd;
}

Fd connect_from(const NetworkNamespace& netns, const Endpoint& server) {
    return inside(netns, [&] { return connect_to(server); });
}

Fd accept_from(const Fd& listener) {
    const timeval patience{.tv_sec = 5, .tv_usec = 0};
    REQUIRE(::setsockopt(listener.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) == 0);
    Fd fd(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
    REQUIRE(fd);
    return fd;
}

Endpoint local_of(const Fd& socket) {
    SocketAddress address;
    REQUIRE(::getsockname(socket.get(), address.raw(), &address.size) == 0);
    return from_raw(address);
}

Endpoint remote_of(const Fd& socket) {
    SocketAddress address;
    REQUIRE(::getpeername(socket.get(), address.raw(), &address.size) == 0);
    return from_raw(address);
}

std::uint32_t inode_of(const Fd& socket) {
    struct stat status{};
    REQUIRE(::fstat(socket.get(), &status) == 0);
    return static_cast<std::uint32_t>(status.st_ino);
}

}  // namespace podsnoop
