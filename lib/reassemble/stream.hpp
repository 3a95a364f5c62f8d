// One direction of a connection: where it stands in sequence space, and what came too early.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/bytes.hpp"
#include "base/time.hpp"
#include "event/segment.hpp"

namespace podsnoop {

/// Sequence numbers wrap (RFC 9293 3.4): the distance from `from` to `to`, in -2^31 .. 2^31-1.
inline std::int32_t distance(std::uint32_t from, std::uint32_t to) { return static_cast<std::int32_t>(to - from); }

/// A segment that cannot be told yet: bytes before it, or bytes it acknowledges, were not seen yet.
struct HeldSegment {
    std::uint32_t seq = 0, ack = 0;
    std::uint32_t length = 0;  ///< on the wire; bytes.size() of it were captured
    bool has_ack = false;
    bool waits = true;  ///< for what it acknowledges
    Time time;
    std::vector<std::byte> bytes;
};

/// What is held back of a stream.
struct Hold {
    std::vector<HeldSegment> segments;  ///< by sequence number, without overlap
    std::size_t bytes = 0;      ///< memory they take, about
    Time since;                 ///< when the first of the present ones was held
    std::uint32_t waited = 0;   ///< segments of the connection seen since then
    std::uint32_t fin_seq = 0;  ///< sequence number of the FIN, which is held until all before it was told; valid where `fin`
    std::uint32_t fin_ack = 0;  ///< what the FIN acknowledged of the other stream
};

struct Stream {
    std::uint32_t next = 0;     ///< sequence number of the next byte to tell
    std::uint32_t first = 0;    ///< sequence number of its SYN; valid where has_syn
    std::uint32_t acked = 0;    ///< the highest acknowledgment of it seen; valid where has_acked
    /// The interface whose copy of it counts, of which there are far fewer (capture/file/pcapng.cpp, namespace_capture.cpp); where
    /// it was given one.
    std::uint32_t lane : 24 = 0;
    bool started : 1 = false;  ///< `next` is valid
    bool has_syn : 1 = false;
    bool has_acked : 1 = false;
    bool fin : 1 = false;  ///< a FIN was seen; it is held until it `ended`
    bool ended : 1 = false;  ///< and everything before it was told
    Time last;  ///< the latest time told; a chunk is never earlier than the one before. Until one is told, of the SYN
};

/// Puts a segment in its place among those held. What overlaps one already held is cut off: the first copy
/// counts. `bytes` grows by what was added. A segment wholly held already changes nothing.
void hold_segment(Hold& hold, const Segment& segment);

}  // namespace podsnoop
