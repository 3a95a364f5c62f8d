#include "attribute/socket_owners.hpp"

#include <doctest/doctest.h>
#include <sys/prctl.h>

#include <string>

#include "node.hpp"
#include "privileges.hpp"
#include "processes.hpp"

using namespace podsnoop;

namespace {

const std::uint32_t own_pid = static_cast<std::uint32_t>(::getpid());

/// The only listener in this thread's namespace.
TcpSocket only_listener() {
    const auto netns = NetworkNamespace::current();
    REQUIRE(netns);
    auto sockets = TcpSockets::open(*netns);
    REQUIRE(sockets);
    REQUIRE(sockets->listeners().size() == 1);
    return sockets->listeners()[0];
}

std::optional<SocketOwner> look_up(SocketOwners& owners, const TcpSocket& socket) {
    owners.look_for(std::span(&socket, 1));
    return owners.find(socket);
}

}  // namespace

TEST_CASE("owners: a process in no pod is told by its number and name") {
    const auto network = TestNetwork::make();
    NEEDS(network);
    const Fd listener = listen_at(endpoint_of("127.0.0.1", 8080));
    const TcpSocket socket = only_listener();
    SocketOwners owners;
    CHECK_FALSE(owners.find(socket));  // nothing was looked through yet
    const auto owner = look_up(owners, socket);
    REQUIRE(owner);
    CHECK(owner->pid == own_pid);
    CHECK(owner->comm == "attribute");
}

TEST_CASE("owners: of a listener with workers, the first process") {
    const auto network = TestNetwork::make();
    NEEDS(network);
    const Fd listener = listen_at(endpoint_of("127.0.0.1", 8080));
    const auto first = TestProcess::start(""), second = TestProcess::start("");
    SocketOwners owners;
    const auto owner = look_up(owners, only_listener());
    REQUIRE(owner);
    CHECK(owner->pid == own_pid);
}

TEST_CASE("owners: a socket closed since is nobody's") {
    const auto network = TestNetwork::make();
    NEEDS(network);
    Fd listener = listen_at(endpoint_of("127.0.0.1", 8080));
    const TcpSocket socket = only_listener();
    SocketOwners owners;
    REQUIRE(look_up(owners, socket));
    listener.reset();
    CHECK_FALSE(owners.find(socket));
    CHECK_FALSE(look_up(owners, socket));
    // Nor the next one's that has its descriptor.
    const Fd other = listen_at(endpoint_of("127.0.0.1", 8081));
    CHECK_FALSE(owners.find(socket));
    CHECK(look_up(owners, only_listener()));
}

TEST_CASE("owners: a process that is in another namespace but holds the socket is not looked for") {
    const auto node = TestNode::make();
    NEEDS(node);
    const Fd listener = listen_in(node->pod(), endpoint_of("10.99.0.2", 8080));
    auto sockets = TcpSockets::open(node->pod());
    REQUIRE(sockets);
    REQUIRE(sockets->listeners().size() == 1);
    SocketOwners owners;
    CHECK_FALSE(look_up(owners, sockets->listeners()[0]));
}

TEST_CASE("owners: a socket made in a pod's cgroup is that pod's, without looking through processes") {
    const auto network = TestNetwork::make();
    NEEDS(network);
    const auto cgroup = TestCgroup::make(first_pod);
    NEEDS(cgroup);
    const auto server = TestProcess::start(cgroup->folder(), [] {
        ::prctl(PR_SET_NAME, "shop\x1b[31m");
        static Fd listener;
        listener = listen_at(endpoint_of("127.0.0.1", 8080));
    });
    const TcpSocket socket = only_listener();
    CHECK(socket.cgroup_id != 0);
    SocketOwners owners;
    const auto owner = owners.find(socket);
    REQUIRE(owner);
    CHECK(owner->cgroup == cgroup->path());
    CHECK(owner->pid == 0);
    const auto with_process = look_up(owners, socket);
    REQUIRE(with_process);
    CHECK(with_process->pid == server.pid());
    CHECK(with_process->comm == "shop\x1b[31m");
    CHECK(with_process->cgroup == cgroup->path());
}

TEST_CASE("owners: where the kernel does not tell the cgroup, the process does") {
    const auto network = TestNetwork::make();
    NEEDS(network);
    const auto cgroup = TestCgroup::make(first_pod);
    NEEDS(cgroup);
    const auto server = TestProcess::start(cgroup->folder(), [] {
        static Fd listener;
        listener = listen_at(endpoint_of("127.0.0.1", 8080));
    });
    TcpSocket socket = only_listener();
    socket.cgroup_id = 0;
    SocketOwners owners;
    CHECK_FALSE(owners.find(socket));
    const auto owner = look_up(owners, socket);
    REQUIRE(owner);
    CHECK(owner->pid == server.pid());
    CHECK(owner->cgroup == cgroup->path());
}

TEST_CASE("owners: a socket that several pods hold is nobody's") {
    const auto network = TestNetwork::make();
    NEEDS(network);
    const auto first = TestCgroup::make(first_pod), second = TestCgroup::make(second_pod);
    NEEDS(first);
    NEEDS(second);
    Fd listener = listen_at(endpoint_of("127.0.0.1", 8080));
    const auto one = TestProcess::start(first->folder()), other = TestProcess::start(second->folder());
    listener.reset();
    TcpSocket socket = only_listener();
    socket.cgroup_id = 0;
    SocketOwners owners;
    CHECK_FALSE(look_up(owners, socket));
}
