// The TCP sockets of a network namespace, as the kernel tells them: which belongs to a connection, which
// listen. By inet_diag, or from /proc/net/tcp where the kernel has none.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/address.hpp"
#include "base/bytes.hpp"
#include "base/result.hpp"
#include "node/netlink_socket.hpp"
#include "node/netns.hpp"

namespace podsnoop {

struct TcpSocket {
    Endpoint local, remote;   ///< v4-mapped addresses as IPv4
    std::uint64_t netns = 0;  ///< inode of its network namespace
    std::uint32_t inode = 0;  ///< as in /proc/PID/fd; 0 where no process holds it (not accepted yet, TIME_WAIT)
    std::uint64_t cgroup_id = 0;  ///< of the cgroup v2 it was made in; 0 where the kernel does not tell (before 5.9)
    std::uint8_t state = 0;                         ///< TCP_ESTABLISHED, TCP_LISTEN and so on
    bool v6_only = false;                           ///< of a listener on [::]: takes no IPv4
    std::uint32_t queue_length = 0;                 ///< of a listener: connections that wait to be accepted
    std::optional<std::uint32_t> queue_limit = {};  ///< of a listener: its backlog; /proc does not tell
};

/// Reads what follows the header of a SOCK_DIAG_BY_FAMILY message (struct inet_diag_msg and attributes).
/// Nothing where it is cut or of another family.
std::optional<TcpSocket> parse_diag_message(Bytes body);
/// Reads the lines of /proc/net/tcp or tcp6; lines of another shape are left out.
std::vector<TcpSocket> parse_proc_net_tcp(std::string_view text);

/// Those of some listeners that a connection to `local` would reach: bound to its address rather than to all,
/// and IPv4 rather than [::]. Several share an address by SO_REUSEPORT.
std::vector<TcpSocket> listeners_at(std::span<const TcpSocket> listeners, const Endpoint& local);

/// Asks about the sockets of one namespace. It keeps the namespace alive: have it for one round of questions.
class TcpSockets {
  public:
    /// By inet_diag where the kernel has it, and `use_diag` is not false (to test what else there is).
    static Result<TcpSockets> open(const NetworkNamespace& netns, bool use_diag = true);

    /// The socket at one end of a connection; nothing where there is none. Never a listener.
    std::optional<TcpSocket> find(const Endpoint& local, const Endpoint& remote);
    /// All listeners, IPv4 and IPv6, asked once for as long as this lives.
    const std::vector<TcpSocket>& listeners();

  private:
    TcpSockets() = default;
    std::vector<TcpSocket> dump_listeners();

    std::uint64_t netns_ = 0;
    NetlinkSocket diag_;              ///< none where the kernel has no inet_diag, and then:
    std::vector<TcpSocket> in_proc_;  ///< all sockets, read from /proc
    std::optional<std::vector<TcpSocket>> listeners_;
};

}  // namespace podsnoop
