// One TCP connection, as it was when it ended, or at its start.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/time.hpp"
#include "event/network_record.hpp"

namespace podsnoop {

/// How a connection ended.
enum class ConnectionEnd : std::uint8_t {
    fin,          ///< both sides sent FIN
    reset,        ///< RST
    refused,      ///< RST to the SYN
    timeout,      ///< the handshake was given up: nobody answered the SYN, or the answer to it
    reused,       ///< another connection came with the same addresses and ports; this one's end was not seen
    capture_end,  ///< tracing or the file ended first
    evicted,      ///< one of our limits
};
inline constexpr std::size_t connection_end_count = 7;
std::string_view name_of(ConnectionEnd end);  ///< as in the JSON: "capture-end"

/// What else there is to know of a connection, as bits.
enum ConnectionFlag : std::uint8_t {
    connection_midstream = 1,  ///< open before tracing; who is the client is a guess by the ports
    connection_one_way = 2,    ///< only one direction was seen; the other's bytes are what was acknowledged
    connection_half_open = 4,  ///< the server answered the SYN, and the client never answered that
    connection_reordered = 8,  ///< segments overtook one another on their way
};
std::string_view name_of(ConnectionFlag flag);  ///< of one bit, as in the JSON: "one-way"

/// Who sent the RST.
enum class ResetBy : std::uint8_t { none, client, server };
std::string_view name_of(ResetBy by);  ///< empty for none

/// What concerns one end of a connection.
struct TcpPeerCounts {
    std::uint64_t bytes = 0;         ///< payload it sent, each byte once, by sequence numbers
    std::uint64_t retransmits = 0;   ///< segments it sent again, SYN and FIN too
    std::uint64_t zero_windows = 0;  ///< times its receive window closed
    std::optional<Nanoseconds> rtt;      ///< smoothed, from the capture to it and back
    std::optional<Nanoseconds> rtt_min;  ///< the shortest
};

struct TcpConnection : NetworkRecord {
    bool open = false;  ///< told at its start: what follows means nothing but the flags
    Nanoseconds duration{0};              ///< first to last segment seen
    std::optional<Nanoseconds> connect;   ///< first SYN to the client's final ACK
    TcpPeerCounts client_counts, server_counts;
    std::uint64_t syns = 0;  ///< SYNs of the client that were seen: more than one were sent again
    ResetBy reset_by = ResetBy::none;
    ConnectionEnd end = ConnectionEnd::fin;
    std::uint8_t flags = 0;  ///< ConnectionFlag bits

    /// Between the two ends, where both halves of the way are known.
    [[nodiscard]] std::optional<Nanoseconds> rtt() const {
        if (!client_counts.rtt || !server_counts.rtt) return std::nullopt;
        return *client_counts.rtt + *server_counts.rtt;
    }
    [[nodiscard]] std::uint64_t retransmits() const { return client_counts.retransmits + server_counts.retransmits; }
};

}  // namespace podsnoop
