// What the reassembler tells: connections, and their two streams of bytes in order, each byte once.
#pragma once

#include <cstdint>

#include "base/address.hpp"
#include "base/bytes.hpp"
#include "base/time.hpp"

namespace podsnoop {

/// Names a connection while it is open; used again after it closed.
using ConnectionId = std::uint32_t;

/// One of a connection's two streams, by its sender: `Connection::ends[direction]`.
using Direction = std::uint8_t;

constexpr Direction other(Direction direction) { return direction ^ 1; }

struct ConnectionInfo {
    Endpoint ends[2];
    std::uint32_t interface = 0;  ///< where its first segment was seen
    bool midstream = false;       ///< its SYN was not seen
    bool client_known = false;
    Direction client = 0;  ///< who sent the SYN, where known
};

/// Who is connected: nobody else need keep it.
class Connections {
  public:
    virtual ~Connections() = default;
    /// Sets `ends` and `interface` to those of a connection that was opened, and whose closed() did not return yet.
    virtual void identify(ConnectionId id, ConnectionInfo& info) const = 0;
};

/// A run of bytes of one stream, right behind the run before it.
struct Chunk {
    Bytes bytes;               ///< captured; valid during the call
    std::uint32_t length = 0;  ///< on the wire; what exceeds bytes.size() was sent and not captured
    std::uint32_t seq = 0;     ///< sequence number of the first byte
    std::uint32_t ack = 0;     ///< what its segment acknowledged of the other stream
    bool has_ack = false;
    Time time;  ///< when the last of these bytes could be read in order
};

/// Why bytes of a stream are missing.
enum class Missing : std::uint8_t {
    lost,     ///< sent, and never seen by the capture
    skipped,  ///< left out by the capture because it knew that nobody needs them
};

enum class Close : std::uint8_t {
    fin,          ///< both sides sent FIN
    reset,        ///< RST
    reused,       ///< another connection came with the same addresses and ports
    capture_end,  ///< no more packets
    evicted,      ///< the table was full
};

class StreamSink {
  public:
    virtual ~StreamSink() = default;

    /// `connections`: of which it is one; the same each time.
    virtual void opened(ConnectionId id, const ConnectionInfo& info, const Connections& connections) = 0;
    /// The handshake is complete: SYN to the client's final ACK.
    virtual void connected(ConnectionId id, Nanoseconds connect) = 0;
    virtual void data(ConnectionId id, Direction direction, const Chunk& chunk) = 0;
    virtual void missing(ConnectionId id, Direction direction, std::uint32_t length, Missing why, Time time) = 0;
    /// Bytes already told were sent again.
    virtual void retransmitted(ConnectionId id, Direction direction) = 0;
    /// FIN: the direction's last byte was told.
    virtual void half_closed(ConnectionId id, Direction direction, Time time) = 0;
    /// The last call for this id, except where a new connection opens under it.
    virtual void closed(ConnectionId id, Close how, Time time) = 0;

    /// How many of the stream's next bytes may be missing without harm (the rest of a body of known end).
    [[nodiscard]] virtual std::uint64_t skippable(ConnectionId id, Direction direction) const = 0;
    /// Whether nothing of the connection is told: the capture leaves it out, and a hole is no loss wherever it ends.
    [[nodiscard]] virtual bool is_ignored(ConnectionId id) const = 0;
};

}  // namespace podsnoop
