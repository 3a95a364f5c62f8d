// What the virtual machines need and busybox lacks: memory eaten, accept queues that overflow by a known number of
// connections, and SYNs from nowhere.
//
// traffic eat MIB                        touches so much memory, then waits
// traffic crowd N                        has so many children, which wait too
// traffic listen ADDRESS PORT BACKLOG    listens and never accepts
// traffic overflow ADDRESS TARGET PORT SYNS   listens on ADDRESS, and connects to TARGET until the queue overflowed by 4
//                                        at the ACK and by SYNS at the SYN; says "done", then waits
// traffic overflow-many ADDRESS PORT N   listens on so many ports from PORT on, overflows each at the SYN once; says "done"
// traffic flood ADDRESS PORT SYNS        SYNs to a listener from 198.18.0.0/15
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

namespace {

[[noreturn]] void die(const char* what) {
    std::perror(what);
    std::exit(1);
}

struct SocketAddress {
    sockaddr_storage storage{};
    socklen_t size = 0;
    [[nodiscard]] const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

SocketAddress address_of(const char* text, int port) {
    SocketAddress address;
    sockaddr_in v4{};
    sockaddr_in6 v6{};
    if (inet_pton(AF_INET, text, &v4.sin_addr) == 1) {
        v4.sin_family = AF_INET;
        v4.sin_port = htons(static_cast<std::uint16_t>(port));
        address.size = sizeof v4;
        std::memcpy(&address.storage, &v4, sizeof v4);
    } else if (inet_pton(AF_INET6, text, &v6.sin6_addr) == 1) {
        v6.sin6_family = AF_INET6;
        v6.sin6_port = htons(static_cast<std::uint16_t>(port));
        address.size = sizeof v6;
        std::memcpy(&address.storage, &v6, sizeof v6);
    } else {
        die(text);
    }
    return address;
}

int listener(const SocketAddress& address, int backlog) {
    const int fd = socket(address.storage.ss_family, SOCK_STREAM, 0);
    const int yes = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(fd, address.get(), address.size) != 0 || listen(fd, backlog) != 0) die("listen");
    return fd;
}

/// Sends a SYN. Closed, it resets.
int connection(const SocketAddress& address) {
    const int fd = socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK, 0);
    const linger reset{.l_onoff = 1, .l_linger = 0};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    if (connect(fd, address.get(), address.size) != 0 && errno != EINPROGRESS) die("connect");
    return fd;
}

/// The same, and waits for the answer.
int established(const SocketAddress& address) {
    const int fd = connection(address);
    pollfd wanted{fd, POLLOUT, 0};
    constexpr int patience = 10'000;  // milliseconds
    if (poll(&wanted, 1, patience) != 1) die("poll");
    return fd;
}

/// With a backlog of 8 the queue takes 9. 5 connections wait in it; 8 more are half open, since the listener
/// wants data first; their data lets 4 in, and the other 4 overflow at the ACK. From then on SYNs do.
void overflow(const char* address, const char* reached_at, int port, int syns) {
    constexpr int backlog = 8, waiting = 5, half_open = 8;
    const int server = listener(address_of(address, port), backlog);
    const SocketAddress target = address_of(reached_at, port);
    for (int i = 0; i < waiting; ++i) established(target);
    const int seconds = 60;
    if (setsockopt(server, IPPROTO_TCP, TCP_DEFER_ACCEPT, &seconds, sizeof seconds) != 0) die("TCP_DEFER_ACCEPT");
    std::vector<int> halves;
    for (int i = 0; i < half_open; ++i) halves.push_back(established(target));
    for (std::size_t i = 0; i < halves.size(); ++i) {
        if (send(halves[i], "x", 1, MSG_NOSIGNAL) != 1) die("send");
        if (i >= halves.size() / 2) close(halves[i]);  // or the data is sent again
    }
    for (int i = 0; i < syns; ++i) close(connection(target));  // or the SYN is
    std::puts("done");
    std::fflush(stdout);
    for (;;) pause();
}

/// With a backlog of 0 the queue takes 1.
void overflow_many(const char* address, int first_port, int count) {
    const auto needed = static_cast<rlim_t>(2 * count + 64);
    const rlimit files{needed, needed};
    if (setrlimit(RLIMIT_NOFILE, &files) != 0) die("setrlimit");
    for (int port = first_port; port < first_port + count; ++port) {
        const SocketAddress target = address_of(address, port);
        listener(target, 0);
        established(target);
        close(connection(target));
    }
    std::puts("done");
    std::fflush(stdout);
    for (;;) pause();
}

void crowd(int count) {
    for (int i = 0; i < count; ++i)
        if (fork() == 0) break;
    for (;;) pause();
}

std::uint32_t sum_of(const void* data, std::size_t size) {
    std::uint32_t sum = 0;
    for (std::size_t i = 0; i + 1 < size; i += 2) {
        std::uint16_t word = 0;
        std::memcpy(&word, static_cast<const char*>(data) + i, sizeof word);
        sum += word;
    }
    return sum;
}

std::uint16_t folded(std::uint32_t sum) {
    while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
    return static_cast<std::uint16_t>(~sum);
}

void flood(const char* address, int port, int syns) {
    const SocketAddress target = address_of(address, port);
    sockaddr_in v4{};
    std::memcpy(&v4, &target.storage, sizeof v4);
    const int fd = socket(AF_INET, SOCK_RAW, IPPROTO_RAW);
    if (fd < 0) die("raw socket");
    struct {
        iphdr ip;
        tcphdr tcp;
    } packet{};
    packet.ip.version = 4;
    packet.ip.ihl = 5;
    packet.ip.tot_len = htons(sizeof packet);
    packet.ip.ttl = 64;
    packet.ip.protocol = IPPROTO_TCP;
    packet.ip.daddr = v4.sin_addr.s_addr;
    packet.tcp.dest = htons(static_cast<std::uint16_t>(port));
    packet.tcp.doff = 5;
    packet.tcp.syn = 1;
    packet.tcp.window = htons(65535);
    for (int i = 0; i < syns; ++i) {
        packet.ip.saddr = htonl(0xc6120000U + static_cast<std::uint32_t>(i % 100'000) + 1);
        packet.tcp.source = htons(static_cast<std::uint16_t>(1024 + i % 60'000));
        packet.tcp.seq = htonl(static_cast<std::uint32_t>(i));
        packet.tcp.check = 0;
        const std::uint32_t pseudo = sum_of(&packet.ip.saddr, 8) + htons(IPPROTO_TCP) + htons(sizeof packet.tcp);
        packet.tcp.check = folded(pseudo + sum_of(&packet.tcp, sizeof packet.tcp));
        if (sendto(fd, &packet, sizeof packet, 0, target.get(), target.size) < 0) die("sendto");
    }
}

void eat(std::size_t mebibytes) {
    const std::size_t bytes = mebibytes << 20;
    // More than there is, maybe: so none is set aside.
    void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) die("mmap");
    for (std::size_t i = 0; i < bytes; i += 4096) static_cast<volatile char*>(memory)[i] = 1;
    for (;;) pause();
}

}  // namespace

int main(int argc, char** argv) {
    // Loopback has a queue a CPU: on one CPU everything arrives in order.
    cpu_set_t first;
    CPU_ZERO(&first);
    CPU_SET(0, &first);
    sched_setaffinity(0, sizeof first, &first);
    alarm(60);  // whoever waits for it to be killed is not to wait for ever
    const std::string what = argc > 1 ? argv[1] : "";
    const auto number = [&](int at) { return at < argc ? std::atoi(argv[at]) : 0; };
    if (what == "eat" && argc == 3) eat(static_cast<std::size_t>(number(2)));
    else if (what == "crowd" && argc == 3) crowd(number(2));
    else if (what == "listen" && argc == 5) {
        listener(address_of(argv[2], number(3)), number(4));
        for (;;) pause();
    } else if (what == "overflow" && argc == 6) overflow(argv[2], argv[3], number(4), number(5));
    else if (what == "overflow-many" && argc == 5) overflow_many(argv[2], number(3), number(4));
    else if (what == "flood" && argc == 5) flood(argv[2], number(3), number(4));
    else return 2;
    return 0;
}
