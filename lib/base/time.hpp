// Time as podsnoop keeps it: nanoseconds of UTC, in one clock (the packet's), and how people write durations.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace podsnoop {

using Nanoseconds = std::chrono::nanoseconds;

/// When something happened: UTC, from the packet itself (or the kernel event), never from a clock read later.
using Time = std::chrono::sys_time<Nanoseconds>;

/// As `time + after`, but no later than there is time. `after` is not negative.
inline Time later(Time time, Nanoseconds after) { return time < Time::max() - after ? time + after : Time::max(); }

/// Reads a duration as users write it: a decimal number and a unit, "250us", "10ms", "1.5s", "2m", "1h".
/// Units are ns, us, ms, s, m, h; a unit is needed except for 0. Fails on anything else, on negative
/// values, and above 2^62 ns.
Result<Nanoseconds> parse_duration(std::string_view text);

/// Appends a duration for people in at most 7 columns, three significant digits: "12ns", "310us", "1.83ms",
/// "2.07s", "95.2s", "12.5m", "3.20h".
void append_duration(std::string& out, Nanoseconds value);

/// Appends RFC 3339 UTC with nanoseconds, always 30 characters: "2026-11-21T07:49:25.123456789Z".
void append_rfc3339(std::string& out, Time time);

}  // namespace podsnoop
