#include "attribute/bounded_socket.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <ctime>

namespace podsnoop {

namespace {

using Kind = StreamFailure::Kind;

std::unexpected<StreamFailure> system_failure(int error) { return std::unexpected(StreamFailure{Kind::system, error}); }

/// The length of what was filled in.
socklen_t fill(sockaddr_storage& storage, const Endpoint& endpoint) {
    const auto& bytes = endpoint.address.bytes;
    if (endpoint.address.family == 6) {
        auto& six = reinterpret_cast<sockaddr_in6&>(storage);
        six.sin6_family = AF_INET6;
        six.sin6_port = htons(endpoint.port);
        std::ranges::copy(bytes, std::begin(six.sin6_addr.s6_addr));
        return sizeof(sockaddr_in6);
    }
    auto& four = reinterpret_cast<sockaddr_in&>(storage);
    four.sin_family = AF_INET;
    four.sin_port = htons(endpoint.port);
    std::ranges::copy(std::as_bytes(std::span(bytes).first<4>()), std::as_writable_bytes(std::span(&four.sin_addr, 1)).begin());
    return sizeof(sockaddr_in);
}

}  // namespace

std::expected<void, StreamFailure> BoundedSocket::connect(const Endpoint& to) {
    wake_ = Fd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!wake_) return system_failure(errno);
    on_stop_.emplace(stop_, [fd = wake_.get()] { ::eventfd_write(fd, 1); });
    socket_ = Fd(::socket(to.address.family == 6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!socket_) return system_failure(errno);
    sockaddr_storage storage{};
    const socklen_t length = fill(storage, to);
    if (::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&storage), length) == 0) return {};
    if (errno != EINPROGRESS) return system_failure(errno);
    if (auto ready = wait(POLLOUT); !ready) return ready;
    int error = 0;
    socklen_t size = sizeof error;
    if (::getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
    if (error != 0) return system_failure(error);
    return {};
}

std::expected<void, StreamFailure> BoundedSocket::send(std::string_view bytes) {
    while (!bytes.empty()) {
        if (auto ready = wait(POLLOUT); !ready) return ready;
        const ssize_t count = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (count < 0 && errno != EAGAIN && errno != EINTR) return system_failure(errno);
        if (count > 0) bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return {};
}

std::expected<std::size_t, StreamFailure> BoundedSocket::receive(std::span<char> into) {
    for (;;) {
        if (auto ready = wait(POLLIN); !ready) return std::unexpected(ready.error());
        const ssize_t count = ::recv(socket_.get(), into.data(), into.size(), 0);
        if (count >= 0) return static_cast<std::size_t>(count);
        if (errno != EAGAIN && errno != EINTR) return system_failure(errno);
    }
}

/// Also where the socket is ready all the time: a peer that never pauses is not waited for longer than others.
std::expected<void, StreamFailure> BoundedSocket::wait(short events) {
    using namespace std::chrono;
    for (;;) {
        const auto left = duration_cast<nanoseconds>(deadline_ - steady_clock::now());
        if (stop_.stop_requested()) return std::unexpected(StreamFailure{Kind::stopped});
        if (left <= nanoseconds::zero()) return std::unexpected(StreamFailure{Kind::late});
        const timespec limit{.tv_sec = static_cast<std::time_t>(left.count() / 1'000'000'000),
                             .tv_nsec = static_cast<long>(left.count() % 1'000'000'000)};
        std::array<pollfd, 2> polled{{{socket_.get(), events, 0}, {wake_.get(), POLLIN, 0}}};
        const int ready = ::ppoll(polled.data(), polled.size(), &limit, nullptr);
        if (ready < 0 && errno != EINTR) return system_failure(errno);
        if (ready > 0 && polled[0].revents != 0) return {};
    }
}

}  // namespace podsnoop
