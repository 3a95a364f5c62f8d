// Which records are to be printed: the filters of `podsnoop http` and `podsnoop tcp`. They choose what is shown, never
// what is counted.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "event/exchange.hpp"
#include "event/glob.hpp"
#include "event/tcp.hpp"

namespace podsnoop {

struct StatusRange {
    std::uint16_t first, last;  ///< both belong to it
};

/// What is empty selects everything; an exchange has to satisfy each of the others.
struct Selection {
    std::vector<std::uint16_t> ports{};        ///< the server's port is one of these
    std::optional<Glob> host{};                ///< with or without its port; no host matches nothing
    std::vector<std::string> methods{};        ///< compared without case
    std::optional<Glob> path{};                ///< of the target, see parse_path_glob
    std::vector<StatusRange> statuses{};       ///< a response that was not seen is in none
    std::optional<Nanoseconds> slower_than{};  ///< took at least this long, see matches()
    bool errors = false;                       ///< 5xx, or no complete response; an upgrade is no error

    /// An exchange whose total is not known is as slow as the phases that are known took together; one that
    /// ended by timeout is slower than anything.
    [[nodiscard]] bool matches(const Exchange& exchange) const;
};

/// The same for connections.
struct TcpSelection {
    std::vector<std::uint16_t> ports{};        ///< the server's port is one of these
    std::optional<Nanoseconds> slower_than{};  ///< lasted at least this long
    bool errors = false;                       ///< reset, refused, or never answered

    /// Of a connection's start only the ports can be said.
    [[nodiscard]] bool matches(const TcpConnection& connection) const;
};

/// "80" or "80,8080": 1 to 65535.
Result<std::vector<std::uint16_t>> parse_ports(std::string_view text);

/// "cart.shop", "*.shop", "cart.shop:8080": without case.
Result<Glob> parse_host_glob(std::string_view text);

/// "GET" or "get,post": tokens (RFC 9110 5.6.2), so that unknown methods can be asked for too.
Result<std::vector<std::string>> parse_methods(std::string_view text);

/// "/cart", "/api/*". It is matched against the target's path, without its query and without the scheme and
/// authority of an absolute target. `?` is one character; but since people paste whole targets, a pattern
/// with a `?` in it is matched against path and query too: "/cart?id=*" does what it seems to.
Result<Glob> parse_path_glob(std::string_view text);

/// "404", "5xx", ">=400", "<300", "400-499", or a list of these: 100 to 999.
Result<std::vector<StatusRange>> parse_statuses(std::string_view text);

}  // namespace podsnoop
