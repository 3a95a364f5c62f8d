// ListenOverflows of a network namespace: how often any of its listeners' accept queues overflowed.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "node/netns.hpp"

namespace podsnoop {

/// Reads the counter from text as in /proc/net/netstat: a line of names, and one of values. Pure.
std::optional<std::uint64_t> parse_listen_overflows(std::string_view netstat);

/// Reads it of a namespace; nothing where that cannot be entered.
std::optional<std::uint64_t> read_listen_overflows(const NetworkNamespace& netns);

}  // namespace podsnoop
