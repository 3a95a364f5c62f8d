// Rate, errors and durations of one group of requests over an interval.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/time.hpp"
#include "event/exchange.hpp"
#include "event/party.hpp"
#include "event/request_summary.hpp"

namespace podsnoop {

/// What requests are grouped by, as bits.
enum RedKey : std::uint8_t {
    by_pod = 1,  ///< the server: pod and port, else address and port
    by_service = 2,
    by_host = 4,
    by_path = 8,
    by_status = 16,
    by_client = 32,  ///< pod, else address and process
};

struct RedRecord {
    Time time{};              ///< start of the interval
    Nanoseconds interval{0};  ///< its length
    std::uint8_t by = by_pod;  ///< RedKey bits: what else here means anything
    bool other = false;        ///< all groups beyond the limit, together; nothing is told of their keys
    Party server;
    std::optional<Service> service;
    std::optional<std::string> host;  ///< in lower case
    std::optional<std::string> path;  ///< nothing of CONNECT
    std::uint16_t status = 0;         ///< 0 where there was no response
    Party client;
    RequestSummary summary;
    std::optional<LatencyBins> sketch;  ///< where it was asked for
};

}  // namespace podsnoop
