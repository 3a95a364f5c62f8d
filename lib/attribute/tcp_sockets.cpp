#include "attribute/tcp_sockets.hpp"

#include <arpa/inet.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/number.hpp"
#include "node/file.hpp"
#include "node/netlink.hpp"
#include "node/reason.hpp"

namespace podsnoop {

namespace {

/// /proc/net/tcp has 150 bytes a line: some 100,000 sockets. The kernel is slow at it; there is a better way
/// since 3.3.
constexpr std::size_t proc_net_limit = std::size_t{16} << 20;

constexpr std::array<std::uint8_t, 12> mapped_prefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

Address unmapped(const Address& address) {
    if (address.family != 6 || !std::ranges::equal(std::span(address.bytes).first(12), mapped_prefix)) return address;
    return Address::from(std::as_bytes(std::span(address.bytes).subspan(12)));
}

Address address_of(std::uint8_t family, const std::uint32_t (&words)[4]) {
    return unmapped(Address::from(std::as_bytes(std::span(words)).first(family == AF_INET ? 4 : 16)));
}

bool is_any(const Address& address) {
    return std::ranges::all_of(address.bytes, [](std::uint8_t byte) { return byte == 0; });
}

inet_diag_req_v2 request_for(int family) {
    inet_diag_req_v2 request{};
    request.sdiag_family = static_cast<std::uint8_t>(family);
    request.sdiag_protocol = IPPROTO_TCP;
    request.id.idiag_cookie[0] = INET_DIAG_NOCOOKIE;
    request.id.idiag_cookie[1] = INET_DIAG_NOCOOKIE;
    return request;
}

template <class T>
std::optional<T> hexadecimal(std::string_view digits) {
    return parse_number<T>(digits, 16);
}

/// "0100007F:1F90": 32-bit words of the address in this machine's byte order, the port in hexadecimal.
std::optional<Endpoint> proc_endpoint(std::string_view text) {
    const std::size_t colon = text.find(':');
    if (colon != 8 && colon != 32) return std::nullopt;
    std::array<std::uint32_t, 4> words{};
    for (std::size_t i = 0; i < colon / 8; ++i) {
        const auto word = hexadecimal<std::uint32_t>(text.substr(8 * i, 8));
        if (!word) return std::nullopt;
        words[i] = *word;
    }
    const auto port = hexadecimal<std::uint16_t>(text.substr(colon + 1));
    if (!port) return std::nullopt;
    return Endpoint{unmapped(Address::from(std::as_bytes(std::span(words)).first(colon / 2))), *port};
}

/// The first `count` words of a line, as views.
template <std::size_t count>
std::optional<std::array<std::string_view, count>> words_of(std::string_view line) {
    std::array<std::string_view, count> words;
    for (std::string_view& word : words) {
        line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
        word = line.substr(0, line.find(' '));
        if (word.empty()) return std::nullopt;
        line.remove_prefix(word.size());
    }
    return words;
}

std::optional<TcpSocket> parse_proc_line(std::string_view line) {
    // sl local rem st tx_queue:rx_queue tr:when retrnsmt uid timeout inode (net/ipv4/tcp_ipv4.c,
    // get_tcp4_sock)
    const auto words = words_of<10>(line);
    if (!words) return std::nullopt;
    const auto local = proc_endpoint((*words)[1]), remote = proc_endpoint((*words)[2]);
    const auto state = hexadecimal<std::uint8_t>((*words)[3]);
    const std::string_view queues = (*words)[4];
    const auto waiting = hexadecimal<std::uint32_t>(queues.substr(std::min(queues.find(':') + 1, queues.size())));
    const auto inode = parse_number<std::uint32_t>((*words)[9]);
    if (!local || !remote || !state || !waiting || !inode) return std::nullopt;
    TcpSocket socket;
    socket.local = *local;
    socket.remote = *remote;
    socket.state = *state;
    if (socket.state == TCP_LISTEN) socket.queue_length = *waiting;
    socket.inode = *inode;
    return socket;
}

}  // namespace

std::optional<TcpSocket> parse_diag_message(Bytes body) {
    const auto message = take<inet_diag_msg>(body);
    if (!message || (message->idiag_family != AF_INET && message->idiag_family != AF_INET6)) return std::nullopt;
    TcpSocket socket;
    socket.local = {address_of(message->idiag_family, message->id.idiag_src), ntohs(message->id.idiag_sport)};
    socket.remote = {address_of(message->idiag_family, message->id.idiag_dst), ntohs(message->id.idiag_dport)};
    socket.inode = message->idiag_inode;
    socket.state = message->idiag_state;
    if (socket.state == TCP_LISTEN) {
        // tcp_diag_get_info() puts sk_ack_backlog and sk_max_ack_backlog there since 2.6.
        socket.queue_length = message->idiag_rqueue;
        socket.queue_limit = message->idiag_wqueue;
    }
    while (auto attribute = take_attribute(body)) {
        if (attribute->type == INET_DIAG_CGROUP_ID) socket.cgroup_id = take<std::uint64_t>(attribute->value).value_or(0);
        if (attribute->type == INET_DIAG_SKV6ONLY) socket.v6_only = take<std::uint8_t>(attribute->value).value_or(0) != 0;
    }
    return socket;
}

std::vector<TcpSocket> parse_proc_net_tcp(std::string_view text) {
    std::vector<TcpSocket> sockets;
    while (!text.empty()) {
        const std::string_view line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(line.size() + 1, text.size()));
        if (auto socket = parse_proc_line(line)) sockets.push_back(*socket);
    }
    return sockets;
}

std::vector<TcpSocket> listeners_at(std::span<const TcpSocket> listeners, const Endpoint& local) {
    const Endpoint wanted{unmapped(local.address), local.port};
    const auto fit = [&](const TcpSocket& listener) {
        if (listener.local.port != wanted.port) return 0;
        if (listener.local.address == wanted.address) return 3;
        if (!is_any(listener.local.address)) return 0;
        if (listener.local.address.family == wanted.address.family) return 2;
        return listener.local.address.family == 6 && !listener.v6_only ? 1 : 0;
    };
    int best = 1;
    for (const TcpSocket& listener : listeners) best = std::max(best, fit(listener));
    std::vector<TcpSocket> found;
    std::ranges::copy_if(listeners, std::back_inserter(found), [&](const auto& each) { return fit(each) == best; });
    return found;
}

Result<TcpSockets> TcpSockets::open(const NetworkNamespace& netns, bool use_diag) {
    auto visit = NetnsVisit::enter(netns);
    if (!visit) return std::unexpected(visit.error());
    TcpSockets sockets;
    sockets.netns_ = netns.inode();
    if (use_diag) sockets.diag_ = NetlinkSocket::open(NETLINK_SOCK_DIAG);
    // A kernel without inet_diag takes a question for one socket and answers ENOENT, as it does for no such
    // socket; asked for those in no state, it either has none or fails.
    NetlinkMessage probe(SOCK_DIAG_BY_FAMILY, NLM_F_DUMP);
    probe.add(request_for(AF_INET));
    if (!sockets.diag_ || sockets.diag_.ask(probe, [](std::uint16_t, Bytes) {}) != 0) {
        sockets.diag_ = {};
        for (const char* name : {"/proc/thread-self/net/tcp", "/proc/thread-self/net/tcp6"}) {
            const std::vector<TcpSocket> found = parse_proc_net_tcp(read_file(name, proc_net_limit).value_or(""));
            sockets.in_proc_.insert(sockets.in_proc_.end(), found.begin(), found.end());
        }
        for (TcpSocket& socket : sockets.in_proc_) socket.netns = netns.inode();
    }
    if (auto left = visit->leave(); !left) return std::unexpected(left.error());
    return sockets;
}

std::optional<TcpSocket> TcpSockets::find(const Endpoint& local, const Endpoint& remote) {
    const Endpoint here{unmapped(local.address), local.port}, there{unmapped(remote.address), remote.port};
    const auto is_it = [&](const TcpSocket& socket) {
        return socket.state != TCP_LISTEN && socket.local == here && socket.remote == there;
    };
    if (!diag_) {
        const auto found = std::ranges::find_if(in_proc_, is_it);
        return found == in_proc_.end() ? std::nullopt : std::optional(*found);
    }
    // Sockets of v4-mapped addresses are found as IPv4.
    inet_diag_req_v2 request = request_for(here.address.family == 4 ? AF_INET : AF_INET6);
    request.idiag_states = ~0U;
    request.id.idiag_sport = htons(here.port);
    request.id.idiag_dport = htons(there.port);
    std::memcpy(request.id.idiag_src, here.address.bytes.data(), here.address.bytes.size());
    std::memcpy(request.id.idiag_dst, there.address.bytes.data(), there.address.bytes.size());
    NetlinkMessage question(SOCK_DIAG_BY_FAMILY, 0);
    question.add(request);
    std::optional<TcpSocket> found;
    // Where there is no such connection the kernel gives the listener that would take it (inet_lookup()).
    const int error = diag_.ask(question, [&](std::uint16_t, Bytes body) {
        if (auto socket = parse_diag_message(body); socket && is_it(*socket)) found = socket;
    });
    if (error != 0 || !found) return std::nullopt;
    found->netns = netns_;
    return found;
}

const std::vector<TcpSocket>& TcpSockets::listeners() {
    if (!listeners_) listeners_ = dump_listeners();
    return *listeners_;
}

std::vector<TcpSocket> TcpSockets::dump_listeners() {
    std::vector<TcpSocket> found;
    if (!diag_) {
        std::ranges::copy_if(in_proc_, std::back_inserter(found), [](const TcpSocket& s) { return s.state == TCP_LISTEN; });
        return found;
    }
    for (const int family : {AF_INET, AF_INET6}) {
        inet_diag_req_v2 request = request_for(family);
        request.idiag_states = 1U << TCP_LISTEN;
        NetlinkMessage question(SOCK_DIAG_BY_FAMILY, NLM_F_DUMP);
        question.add(request);
        static_cast<void>(diag_.ask(question, [&](std::uint16_t, Bytes body) {
            if (auto socket = parse_diag_message(body)) found.push_back(*socket);
        }));
    }
    for (TcpSocket& socket : found) socket.netns = netns_;
    return found;
}

}  // namespace podsnoop
