#include "attribute/connection_owners.hpp"

#include <doctest/doctest.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <thread>
#include <vector>

#include "node.hpp"
#include "privileges.hpp"
#include "processes.hpp"

using namespace podsnoop;
using namespace std::chrono_literals;

namespace {

std::unique_ptr<ConnectionOwners> start(ConnectionOwnersOptions options = {}) {
    auto node = NetworkNamespace::current();
    REQUIRE(node);
    auto owners = ConnectionOwners::start(std::move(*node), std::move(options));
    REQUIRE(owners);
    return std::move(*owners);
}

/// The next answer, waited for as a poll loop does.
ConnectionAnswer wait_for_answer(ConnectionOwners& owners) {
    for (;;) {
        if (auto answer = owners.take()) return *answer;
        pollfd waiting{.fd = owners.fd(), .events = POLLIN, .revents = 0};
        REQUIRE(::poll(&waiting, 1, 10'000) == 1);
    }
}

SocketPlace place_of(const NetworkNamespace& netns) {
    return {netns.inode(), "/proc/" + std::to_string(::getpid()) + "/fd/" + std::to_string(netns.fd())};
}

const std::uint32_t own_pid = static_cast<std::uint32_t>(::getpid());

}  // namespace

TEST_CASE("connections: both ends on the node itself") {
    const auto network = TestNetwork::make();
    NEEDS(network);
    auto owners = start();
    const Fd listener = listen_at(endpoint_of("127.0.0.1", 8080));
    const Fd client = connect_to(endpoint_of("127.0.0.1", 8080));
    REQUIRE(owners->ask({.key = 7,
                         .netns = 4711,
                         .client = local_of(client),
                         .server = remote_of(client),
                         .client_at = SocketPlace{},
                         .server_at = SocketPlace{}}));
    const auto answer = wait_for_answer(*owners);
    CHECK(answer.key == 7);
    CHECK(answer.connection == ConnectionKey{4711, local_of(client), remote_of(client)});
    REQUIRE(answer.client);
    CHECK(answer.client->pid == own_pid);
    REQUIRE(answer.server);  // not accepted yet: the listener's
    CHECK(answer.server->comm == "attribute");
    CHECK_FALSE(answer.translation);
    CHECK_FALSE(owners->take());
}

TEST_CASE("connections: a Service called from the node, seen at the pod") {
    const auto node = TestNode::make();
    NEEDS(node);
    const auto cgroup = TestCgroup::make(first_pod);
    NEEDS(cgroup);
    REQUIRE(
        TestNode::run("iptables-nft -t nat -N KUBE-SERVICES && iptables-nft -t nat -A OUTPUT -j KUBE-SERVICES && "
                      "iptables-nft -t nat -A KUBE-SERVICES -m comment --comment 'shop/cart:http cluster IP' -m tcp -p tcp "
                      "-d 10.96.0.10 --dport 80 -j DNAT --to-destination 10.99.0.2:8080"));
    const auto pod = TestProcess::start(cgroup->folder(), [&] {
        static Fd listener;
        listener = listen_in(node->pod(), endpoint_of("10.99.0.2", 8080));
    });
    auto owners = start();
    const Endpoint service = endpoint_of("10.96.0.10", 80), backend = endpoint_of("10.99.0.2", 8080);
    const Fd client = connect_to(service);
    for (const Endpoint& seen : {service, backend}) {
        REQUIRE(owners->ask({.key = 1,
                             .client = local_of(client),
                             .server = seen,
                             .client_at = SocketPlace{},
                             .server_at = place_of(node->pod()),
                             .maybe_translated = true}));
        const auto answer = wait_for_answer(*owners);
        REQUIRE(answer.translation);
        CHECK(answer.translation->service == service);
        CHECK(answer.translation->backend == backend);
        CHECK(answer.service == "shop/cart:http");
        REQUIRE(answer.client);
        CHECK(answer.client->pid == own_pid);
        REQUIRE(answer.server);
        CHECK(answer.server->cgroup == cgroup->path());
    }
    CHECK_FALSE(owners->take_warning());
}

TEST_CASE("connections: a server that has closed its sockets is remembered for a while, a client is not") {
    const auto network = TestNetwork::make();
    NEEDS(network);
    auto owners = start({.root = {}, .scan_interval = 1ms, .limit = 16});
    Fd listener = listen_at(endpoint_of("127.0.0.1", 8080));
    Fd client = connect_to(endpoint_of("127.0.0.1", 8080));
    const ConnectionQuestion question{.key = 1,
                                      .client = local_of(client),
                                      .server = remote_of(client),
                                      .client_at = SocketPlace{},
                                      .server_at = SocketPlace{}};
    REQUIRE(owners->ask(question));
    REQUIRE(wait_for_answer(*owners).server);
    listener.reset();
    client.reset();
    REQUIRE(owners->ask(question));
    const auto answer = wait_for_answer(*owners);
    CHECK_FALSE(answer.client);
    REQUIRE(answer.server);
    CHECK(answer.server->pid == own_pid);
}

TEST_CASE("connections: a server that closes its socket before its process is found is its listener's") {
    const auto network = TestNetwork::make();
    NEEDS(network);
    auto owners = start({.root = {}, .scan_interval = 400ms, .limit = 16});
    const Fd listener = listen_at(endpoint_of("127.0.0.1", 8080));
    const auto ask = [&](const Fd& client) {
        REQUIRE(owners->ask({.key = 1,
                             .client = local_of(client),
                             .server = remote_of(client),
                             .client_at = std::nullopt,
                             .server_at = SocketPlace{}}));
    };
    {  // Processes were just looked through, so that the next question has to wait.
        const Fd client = connect_to(endpoint_of("127.0.0.1", 8080));
        const Fd accepted(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
        ask(client);
        REQUIRE(wait_for_answer(*owners).server);
    }
    const Fd client = connect_to(endpoint_of("127.0.0.1", 8080));
    Fd accepted(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
    REQUIRE(accepted);
    ask(client);
    std::this_thread::sleep_for(100ms);
    accepted.reset();
    const auto answer = wait_for_answer(*owners);
    REQUIRE(answer.server);
    CHECK(answer.server->pid == own_pid);
}

TEST_CASE("connections: each question taken is answered once, and more than the limit are counted") {
    const auto network = TestNetwork::make();
    NEEDS(network);
    constexpr std::size_t limit = 64;
    auto owners = start({.root = {}, .scan_interval = 20ms, .limit = limit});
    const Fd listener = listen_at(endpoint_of("127.0.0.1", 8080), 128);
    std::vector<Fd> clients;
    for (std::size_t i = 0; i < limit; ++i) clients.push_back(connect_to(endpoint_of("127.0.0.1", 8080)));
    for (std::uint64_t i = 0; i < limit + 10; ++i) {
        const Fd& client = clients[i % limit];
        CHECK(owners->ask({.key = i,
                           .client = local_of(client),
                           .server = remote_of(client),
                           .client_at = SocketPlace{},
                           .server_at = std::nullopt}) == (i < limit));
    }
    CHECK(owners->dropped() == 10);
    std::map<std::uint64_t, int> told;
    for (std::size_t i = 0; i < limit; ++i) {
        const auto answer = wait_for_answer(*owners);
        REQUIRE(answer.client);
        CHECK(answer.client->pid == own_pid);
        ++told[answer.key];
    }
    CHECK(told.size() == limit);
    CHECK_FALSE(owners->take());
    CHECK(owners->ask({.key = 1, .client = {}, .server = {}}));  // there is room again
    CHECK(wait_for_answer(*owners).key == 1);
}

TEST_CASE("connections: a namespace that is gone, or another by now, gives unknown") {
    const auto node = TestNode::make();
    NEEDS(node);
    auto owners = start();
    const Fd listener = listen_in(node->pod(), endpoint_of("10.99.0.2", 8080));
    const Fd client = connect_to(endpoint_of("10.99.0.2", 8080));
    for (const SocketPlace& place : {SocketPlace{node->pod().inode() + 1, place_of(node->pod()).path},
                                     SocketPlace{node->pod().inode(), "/proc/self/fd/9999"}, SocketPlace{1, "/dev/null"}}) {
        REQUIRE(owners->ask(
            {.key = 1, .client = local_of(client), .server = remote_of(client), .client_at = std::nullopt, .server_at = place}));
        CHECK_FALSE(wait_for_answer(*owners).server);
    }
}

TEST_CASE("connections: more than are looked up together are each answered once") {
    const auto network = TestNetwork::make();
    NEEDS(network);
    auto owners = start();
    constexpr std::uint64_t many = 1000;
    for (std::uint64_t key = 0; key < many; ++key) REQUIRE(owners->ask({.key = key, .client = {}, .server = {}}));
    std::vector<int> answers(many);
    for (std::uint64_t i = 0; i < many; ++i) ++answers.at(wait_for_answer(*owners).key);
    CHECK(std::ranges::count(answers, 1) == many);
    CHECK_FALSE(owners->take());
}

TEST_CASE("connections: signals are not for this thread") {
    const auto network = TestNetwork::make();
    NEEDS(network);
    static volatile sig_atomic_t by = 0;
    auto owners = start();
    // Blocked here, a signal to the process would go to the other thread if that took it.
    sigset_t one, before;
    ::sigemptyset(&one);
    ::sigaddset(&one, SIGUSR1);
    ::pthread_sigmask(SIG_BLOCK, &one, &before);
    struct sigaction action{}, old{};
    action.sa_handler = [](int) { by = 1; };
    REQUIRE(::sigaction(SIGUSR1, &action, &old) == 0);
    REQUIRE(::kill(::getpid(), SIGUSR1) == 0);
    REQUIRE(owners->ask({.key = 1, .client = {}, .server = {}}));
    wait_for_answer(*owners);
    sigset_t pending;
    ::sigpending(&pending);
    CHECK(::sigismember(&pending, SIGUSR1) == 1);
    CHECK(by == 0);
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    ::sigaction(SIGUSR1, &old, nullptr);
    CHECK(by == 1);
}
