// A TCP connection to an address, on which no wait goes beyond a deadline or a request to stop.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <span>
#include <stop_token>
#include <string_view>
#include <utility>

#include "base/address.hpp"
#include "base/fd.hpp"

namespace podsnoop {

/// Why bytes could not be sent or received.
struct StreamFailure {
    enum class Kind : std::uint8_t {
        system,   ///< the kernel said `error`
        late,     ///< the deadline passed
        stopped,  ///< as asked
        cut,      ///< the peer ended the connection, not what it was saying
        tls,      ///< OpenSSL said `tls_error`
    };
    Kind kind = Kind::system;
    int error = 0;                ///< errno
    unsigned long tls_error = 0;  ///< as ERR_get_error() gives it
};

class BoundedSocket {
  public:
    /// The deadline is for all operations together.
    BoundedSocket(std::chrono::steady_clock::time_point deadline, std::stop_token stop)
        : deadline_(deadline), stop_(std::move(stop)) {}

    /// First of all, and once.
    std::expected<void, StreamFailure> connect(const Endpoint& to);
    std::expected<void, StreamFailure> send(std::string_view bytes);
    /// Waits for at least one byte, and says how many there are; 0 when the peer sends no more.
    std::expected<std::size_t, StreamFailure> receive(std::span<char> into);

  private:
    std::expected<void, StreamFailure> wait(short events);

    std::chrono::steady_clock::time_point deadline_;
    std::stop_token stop_;
    Fd socket_;
    Fd wake_;  // readable once stop is requested
    std::optional<std::stop_callback<std::function<void()>>> on_stop_{};
};

}  // namespace podsnoop
