// Exchanges that the tests of printing and selecting share.
#pragma once

#include <array>
#include <cstddef>
#include <string>

#include "event/exchange.hpp"

namespace podsnoop {

inline Address ipv4(unsigned a, unsigned b, unsigned c, unsigned d) {
    const std::array raw{std::byte(a), std::byte(b), std::byte(c), std::byte(d)};
    return Address::from(raw);
}

/// 2026-11-21 07:49:25.123456789 UTC.
inline constexpr Time some_time{Nanoseconds{1'795'247'365'123'456'789}};

/// A complete exchange with everything in it but pods.
inline Exchange full_exchange() {
    using namespace std::chrono_literals;
    Exchange e;
    e.time = some_time;
    e.side = Side::client;
    e.interface = "eth0";
    e.netns = 4026532201;
    e.client.endpoint = {ipv4(10, 244, 0, 7), 51234};
    e.server.endpoint = {ipv4(10, 244, 0, 9), 8080};
    e.request.seen = true;
    e.request.head_bytes = 312;
    e.request.method = "GET";
    e.request.target = "/cart?id=1";
    e.request.host = "cart.shop";
    e.response.seen = true;
    e.response.head_bytes = 150;
    e.response.body_bytes = 5120;
    e.response.status = 200;
    e.latency = {.connect = 310us, .request = 12us, .wait = 1'834'999ns, .response = 220us, .total = 2066us};
    return e;
}

/// A request that nobody answered, and of which little else is known.
inline Exchange unanswered_exchange() {
    Exchange e = full_exchange();
    e.side = Side::unknown;
    e.interface.clear();
    e.netns = 0;
    e.request.host.reset();
    e.response = {};
    e.latency = {};
    e.end = ExchangeEnd::timeout;
    return e;
}

}  // namespace podsnoop
