// The words in which a record's columns are described: what a person reads is not the fields one by one, but
// a few of them, some joined, with the room each deserves. A record's visit_columns() calls
// visitor.column(column, value).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/time.hpp"
#include "event/exchange.hpp"
#include "event/request_summary.hpp"
#include "event/tcp.hpp"

namespace podsnoop {

/// A column of the table. Widths are in terminal columns. The last one takes what the others leave.
struct Column {
    enum class Shown : std::uint8_t {
        table,  ///< in table and wide
        wide,   ///< in wide only
    };

    std::string_view title;
    Shown shown;
    unsigned rank;     ///< 0 for the last one, which always stays; 1, 2 … without a hole, in the order of their worth
    unsigned least;    ///< its width where there is little room
    unsigned typical;  ///< its width where there is enough, or no limit
    unsigned most;     ///< its width where there is plenty
    unsigned step;     ///< it grows by this many at once
    unsigned leaves;   ///< it is shown only where the last column keeps this many
    bool right;        ///< aligned to the right
};

// The types of values, besides FlagList and Word (fields.hpp), CheckState, std::string_view (empty where unknown),
// std::optional<std::uint64_t>, std::optional<Nanoseconds> and std::span<const Address>.

struct Clock {
    Time time;
};

/// A pod where known, else a process where known, else an address. `port_matters`: the port stays where the name has to be cut.
struct PeerName {
    const Peer& peer;
    bool port_matters;
};

/// A process: its pod where known, else its name.
struct TaskName {
    const Pod* pod;
    std::string_view comm;
};

/// The status, and how it ended where that is news.
struct Outcome {
    const Response& response;
    ExchangeEnd end;
};

/// Bytes, in units for people.
struct Size {
    std::optional<std::uint64_t> bytes;
};

/// How a connection ended, with who reset it, and how often a SYN was sent in vain.
struct Ending {
    const TcpConnection& connection;
};

/// A number a second.
struct Rate {
    std::optional<double> per_second;
};

/// Latencies as a bar: up to the median, on to the 90th, and on to the 99th percentile.
struct LatencyBar {
    const LatencySummary& latency;
    Nanoseconds full;  ///< what fills the column
};

struct RequestLine {
    const Request& request;
};

}  // namespace podsnoop
