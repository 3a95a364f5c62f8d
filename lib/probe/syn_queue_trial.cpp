#include "probe/syn_queue_trial.hpp"

#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <thread>

#include "base/fd.hpp"
#include "node/file.hpp"
#include "node/reason.hpp"
#include "probe/netstat.hpp"

namespace podsnoop {

namespace {

constexpr const char* what = "cannot try how long a queue gets";
constexpr int patience = 1000;  // milliseconds, for a handshake on loopback

Result<void> raise_loopback() {
    const Fd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    ifreq request{};
    std::strcpy(request.ifr_name, "lo");
    request.ifr_flags = IFF_UP;
    if (!socket || ::ioctl(socket.get(), SIOCSIFFLAGS, &request) != 0) return fail(what, "loopback", reason_of(errno));
    return {};
}

/// In the namespace of this thread.
Result<std::uint32_t> try_here() {
    if (auto raised = raise_loopback(); !raised) return std::unexpected(raised.error());
    const Fd listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const Fd client(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(1);
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    if (!listener || !client || ::bind(listener.get(), generic, sizeof address) != 0 || ::listen(listener.get(), 0) != 0)
        return fail(what, "listener", reason_of(errno));
    if (::connect(client.get(), generic, sizeof address) != 0 && errno != EINPROGRESS)
        return fail(what, "connection", reason_of(errno));
    // Connected it is also by a cookie; without any, it never will be.
    pollfd connected{client.get(), POLLOUT, 0};
    if (::poll(&connected, 1, patience) < 0) return fail(what, "connection", reason_of(errno));
    const auto netstat = read_file("/proc/thread-self/net/netstat", largest_netstat);
    if (!netstat) return fail(what, "netstat", reason_of(errno));
    const auto cookies = parse_netstat(*netstat, "TCPReqQFullDoCookies"), drops = parse_netstat(*netstat, "TCPReqQFullDrop");
    if (!cookies || !drops) return fail(what, "netstat", "it does not count full queues");
    return *cookies + *drops == 0 ? 1 : 0;
}

}  // namespace

Result<std::uint32_t> try_syn_queue() {
    Result<std::uint32_t> tried = fail(what, "", "no thread");
    // A thread of its own: there is no way back for one that may not keep its privileges.
    std::jthread([&tried] {
        tried = ::unshare(CLONE_NEWNET) == 0 ? try_here() : fail(what, "network namespace", reason_of(errno));
    }).join();
    return tried;
}

}  // namespace podsnoop
