// What a network namespace counts of TCP: above all ListenOverflows, how often any of its listeners' accept queues overflowed.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "node/netns.hpp"

namespace podsnoop {

/// The file has some 4 KB.
inline constexpr std::size_t largest_netstat = 65536;

/// Reads a counter of TcpExt from text as in /proc/net/netstat: a line of names, and one of values. Pure.
std::optional<std::uint64_t> parse_netstat(std::string_view netstat, std::string_view counter);

/// Reads ListenOverflows of a namespace; nothing where that cannot be entered.
std::optional<std::uint64_t> read_listen_overflows(const NetworkNamespace& netns);

}  // namespace podsnoop
