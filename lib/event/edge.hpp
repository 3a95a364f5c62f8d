// Who calls whom, how often and how well, over an interval: one arrow of the map.
#pragma once

#include <cstdint>

#include "base/time.hpp"
#include "event/party.hpp"
#include "event/request_summary.hpp"

namespace podsnoop {

struct EdgeRecord {
    Time time{};              ///< start of the interval
    Nanoseconds interval{0};  ///< its length
    bool other = false;       ///< all edges beyond the limit, together; nothing is told of their ends
    Party client;             ///< without port
    Party server;
    RequestSummary summary;
};

}  // namespace podsnoop
