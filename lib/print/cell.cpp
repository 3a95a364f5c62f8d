#include "print/cell.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <iterator>

#include "base/address.hpp"
#include "print/escape.hpp"
#include "print/number.hpp"
#include "print/utf8.hpp"

namespace podsnoop {

namespace {

constexpr std::string_view unknown = "-";
constexpr std::string_view red = "\x1b[31m", green = "\x1b[32m", yellow = "\x1b[33m", cyan = "\x1b[36m";

bool is_news(ExchangeEnd end) { return end != ExchangeEnd::complete && end != ExchangeEnd::upgraded; }

void append_pod(std::string& out, const Pod& pod) {
    append_terminal_text(out, pod.namespace_name);
    out += '/';
    append_terminal_text(out, pod.name);
}

/// A pod, or an address as it stands in an endpoint, with brackets where it is IPv6.
void append_host(std::string& out, const Peer& peer) {
    if (peer.pod != nullptr) {
        append_pod(out, *peer.pod);
        return;
    }
    if (!peer.comm.empty()) {  // of the node itself, whose address says less
        out += '(';
        append_terminal_text(out, peer.comm);
        out += ')';
        return;
    }
    const bool brackets = peer.endpoint.address.family == 6;
    if (brackets) out += '[';
    append_address(out, peer.endpoint.address);
    if (brackets) out += ']';
}

/// Four columns at most, five from a thousand units up: "0", "999", "5.0K", "12K", "1023K", "1.2M".
void append_size(std::string& out, std::uint64_t bytes) {
    constexpr std::array units{'K', 'M', 'G', 'T', 'P', 'E'};
    if (bytes < 1024) return append_whole(out, bytes);
    double number = static_cast<double>(bytes) / 1024;
    std::size_t unit = 0;
    for (; number >= 1023.5 && unit + 1 < units.size(); ++unit) number /= 1024;
    fmt::format_to(std::back_inserter(out), "{:.{}f}{}", number, number < 9.95 ? 1 : 0, units[unit]);
}

}  // namespace

unsigned append_cell(std::string& out, TextCache& cache, Clock clock, unsigned limit) {
    constexpr std::size_t clock_at = 11, seconds_length = 8, milliseconds_length = 12;  // in RFC 3339
    const bool fine = limit >= milliseconds_length;
    return append_cut(out, cache.rfc3339(clock.time).substr(clock_at, fine ? milliseconds_length : seconds_length), limit);
}

unsigned append_cell(std::string& out, TextCache& cache, const PeerName& peer, unsigned limit) {
    if (peer.peer.pod == nullptr && peer.peer.comm.empty() && peer.peer.endpoint == Endpoint{})
        return append_cut(out, unknown, limit);
    cache.scratch.clear();
    append_host(cache.scratch, peer.peer);
    const unsigned host = width_of(cache.scratch);
    std::array<char, 1 + longest_number> port{':'};
    const char* const end = write_number(&port[1], std::uint64_t{peer.peer.endpoint.port});
    const std::string_view port_text(port.data(), end);
    const auto port_width = static_cast<unsigned>(port_text.size());
    // A client's port says little: of a pod or a process it is left out, of an address it goes first.
    const bool with_port = peer.port_matters ? limit > port_width
                                             : peer.peer.pod == nullptr && peer.peer.comm.empty() &&
                                                   (limit == no_limit || host + port_width <= limit);
    if (!with_port) return append_cut(out, cache.scratch, limit);
    const unsigned used = append_cut(out, cache.scratch, limit == no_limit ? no_limit : limit - port_width);
    out += port_text;
    return used + port_width;
}

unsigned append_cell(std::string& out, TextCache& cache, const TaskName& task, unsigned limit) {
    if (task.pod == nullptr) return append_cell(out, cache, task.comm, limit);
    cache.scratch.clear();
    append_pod(cache.scratch, *task.pod);
    return append_cut(out, cache.scratch, limit);
}

unsigned append_cell(std::string& out, TextCache& cache, const Outcome& outcome, unsigned limit) {
    cache.scratch.clear();
    if (outcome.response.seen) append_whole(cache.scratch, outcome.response.status);
    if (!outcome.response.seen || is_news(outcome.end)) {
        if (!cache.scratch.empty()) cache.scratch += ' ';
        cache.scratch += name_of(outcome.end);
    }
    return append_cut(out, cache.scratch, limit);
}

unsigned append_cell(std::string& out, TextCache& cache, std::optional<Nanoseconds> duration, unsigned limit) {
    if (!duration) return append_cut(out, unknown, limit);
    cache.scratch.clear();
    append_duration(cache.scratch, *duration);
    return append_cut(out, cache.scratch, limit);
}

unsigned append_cell(std::string& out, TextCache& cache, std::optional<std::uint64_t> number, unsigned limit) {
    if (!number) return append_cut(out, unknown, limit);
    cache.scratch.clear();
    append_whole(cache.scratch, *number);
    return append_cut(out, cache.scratch, limit);
}

unsigned append_cell(std::string& out, TextCache& cache, Size size, unsigned limit) {
    if (!size.bytes) return append_cut(out, unknown, limit);
    cache.scratch.clear();
    append_size(cache.scratch, *size.bytes);
    return append_cut(out, cache.scratch, limit);
}

unsigned append_cell(std::string& out, TextCache& cache, Rate rate, unsigned limit) {
    if (!rate.per_second) return append_cut(out, unknown, limit);
    cache.scratch.clear();
    append_rate(cache.scratch, *rate.per_second);
    return append_cut(out, cache.scratch, limit);
}

unsigned append_cell(std::string& out, TextCache&, const LatencyBar& bar, unsigned limit) {
    constexpr unsigned longest = 20;  // where nothing limits it
    const unsigned whole = std::min(limit, longest);
    const auto columns = [&](std::optional<Nanoseconds> until) -> unsigned {
        if (!until || bar.full <= Nanoseconds{0}) return 0;
        const double part = static_cast<double>(until->count()) / static_cast<double>(bar.full.count());
        return static_cast<unsigned>(std::lround(std::clamp(part, 0.0, 1.0) * whole));
    };
    unsigned used = 0;
    const auto extend = [&](unsigned to, std::string_view sign) {
        for (; used < to; ++used) out += sign;
    };
    extend(columns(bar.latency.p50), "█");
    extend(columns(bar.latency.p90), "▓");
    extend(columns(bar.latency.p99), "░");
    if (used == 0 && bar.latency.p99 && whole > 0) extend(1, "▏");  // it is there, however short beside the others
    return used;
}

unsigned append_cell(std::string& out, TextCache&, Word word, unsigned limit) {
    return append_cut(out, word.text.empty() ? unknown : word.text, limit);
}

unsigned append_cell(std::string& out, TextCache&, CheckState state, unsigned limit) {
    return append_cut(out, name_of(state), limit);
}

unsigned append_cell(std::string& out, TextCache& cache, FlagList flags, unsigned limit) {
    cache.scratch.clear();
    flags.each([&](std::string_view name) {
        if (!cache.scratch.empty()) cache.scratch += ',';
        cache.scratch += name;
    });
    return append_cut(out, cache.scratch.empty() ? unknown : std::string_view(cache.scratch), limit);
}

unsigned append_cell(std::string& out, TextCache& cache, std::string_view text, unsigned limit) {
    if (text.empty()) return append_cut(out, unknown, limit);
    cache.scratch.clear();
    append_terminal_text(cache.scratch, text);
    return append_cut(out, cache.scratch, limit);
}

unsigned append_cell(std::string& out, TextCache& cache, std::span<const Address> addresses, unsigned limit) {
    cache.scratch.clear();
    for (const Address& address : addresses) {
        if (!cache.scratch.empty()) cache.scratch += ',';
        append_address(cache.scratch, address);
    }
    return append_cut(out, cache.scratch.empty() ? unknown : std::string_view(cache.scratch), limit);
}

unsigned append_cell(std::string& out, TextCache& cache, const RequestLine& line, unsigned limit) {
    if (!line.request.seen) return append_cut(out, unknown, limit);
    cache.scratch.clear();
    append_terminal_text(cache.scratch, line.request.method);
    cache.scratch += ' ';
    append_terminal_text(cache.scratch, line.request.target);
    return append_cut(out, cache.scratch, limit);
}

unsigned append_cell(std::string& out, TextCache& cache, Ending ending, unsigned limit) {
    const TcpConnection& connection = ending.connection;
    if (connection.open) return append_cut(out, "opened", limit);
    cache.scratch.clear();
    auto to = std::back_inserter(cache.scratch);
    if (connection.end == ConnectionEnd::reset) fmt::format_to(to, "{} ", name_of(connection.reset_by));
    cache.scratch += name_of(connection.end);
    if (connection.end == ConnectionEnd::timeout && connection.syns > 1) fmt::format_to(to, " ({}x)", connection.syns);
    return append_cut(out, cache.scratch, limit);
}

std::string_view color_of(const Outcome& outcome) {
    if (!outcome.response.seen || is_news(outcome.end)) return red;
    switch (outcome.response.status / 100) {
        case 2: return green;
        case 3: return cyan;
        case 4: return yellow;
        case 5: return red;
        default: return {};
    }
}

std::string_view color_of(const CheckState& state) {
    switch (state) {
        case CheckState::ok: return green;
        case CheckState::degraded: return yellow;
        case CheckState::missing: return red;
    }
    return {};
}

std::string_view color_of(const Ending& ending) {
    if (ending.connection.open) return {};
    switch (ending.connection.end) {
        case ConnectionEnd::fin: return green;
        case ConnectionEnd::reset:
        case ConnectionEnd::refused:
        case ConnectionEnd::timeout: return red;
        case ConnectionEnd::reused:
        case ConnectionEnd::capture_end:
        case ConnectionEnd::evicted: return {};
    }
    return {};
}

}  // namespace podsnoop
