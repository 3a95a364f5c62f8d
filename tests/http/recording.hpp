// A recording of dialogues as TCP segments, and what networks and captures do to it.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "conversation.hpp"
#include "dialogue.hpp"

namespace podsnoop::test {

/// A segment by its place in its stream: offset 0 is the first byte behind the SYN.
struct Recorded {
    std::uint32_t connection = 0;  ///< index of its dialogue
    Dialogue::Side from = Dialogue::client;
    std::uint8_t flags = tcp_ack;
    std::int64_t offset = 0;  ///< -1 for the SYN
    std::size_t length = 0;
    std::int64_t ack = 0;  ///< an offset in the other stream
    bool again = false;    ///< bytes that were sent before
    bool garbage = false;  ///< a keep-alive probe: its one byte means nothing
};

using Recording = std::vector<Recorded>;

/// One dialogue, each write cut at random, pure acknowledgments between. Segments are at least `shortest`
/// bytes long, but for the last of a write.
Recording record(const Dialogue& dialogue, std::uint32_t connection, Random& random, std::size_t shortest = 1);
/// Several, each in its own order.
Recording interleave(std::vector<Recording> recordings, Random& random);
/// Sends parts of what was sent again, cut differently, and some segments twice.
void retransmit(Recording& recording, Random& random);
/// Moves segments by fewer than `window` places, but none before the handshake or behind a reset.
void reorder(Recording& recording, std::size_t window, Random& random);
/// Adds keep-alive probes where all before them was seen.
void probe(Recording& recording, Random& random);
/// Loses `count` segments, as a capture does: the endpoints got them.
void lose(Recording& recording, std::size_t count, Random& random);

/// Whether every byte of a range (and the FIN or RST behind the stream's end, if it is in it) is in the
/// recording, as it was sent first: what is sent again long after a gap was given up fills it no more.
class Coverage {
  public:
    Coverage(std::span<const Dialogue> dialogues, const Recording& recording);
    [[nodiscard]] bool whole(std::uint32_t connection, Dialogue::Side side, Range range) const;

  private:
    std::vector<std::vector<bool>> seen_;  // by connection and side
};

struct Outcome {
    std::vector<Exchange> exchanges;
    Ledger ledger;
};

/// Reads a recording, first sequence numbers chosen by `random`. `snap`: payload bytes captured of each
/// segment.
Outcome replay(std::span<const Dialogue> dialogues, const Recording& recording, Random& random, std::size_t snap = SIZE_MAX);

}  // namespace podsnoop::test
