// What a client and a server say on one connection, made up at random, together with what a tracer must tell
// of it.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "event/exchange.hpp"

namespace podsnoop::test {

/// Random numbers that are the same everywhere for the same seed.
class Random {
  public:
    explicit Random(std::uint64_t seed) : engine_(seed) {}
    std::size_t below(std::size_t limit) { return static_cast<std::size_t>(engine_() % limit); }
    std::size_t between(std::size_t first, std::size_t last) { return first + below(last - first + 1); }
    bool chance(unsigned percent) { return below(100) < percent; }
    std::uint32_t word() { return static_cast<std::uint32_t>(engine_()); }

  private:
    std::mt19937_64 engine_;
};

/// Offsets in a stream; a FIN or RST stands behind its last byte, as if it were one.
struct Range {
    std::size_t begin = 0, end = 0;
};

/// One exchange as its endpoints know it. `target` is nobody else's, and comes back in the response's X-Id.
struct Truth {
    std::string method, target;
    std::uint16_t status = 0;  ///< 0: no answer
    std::uint64_t request_body = 0, response_body = 0;
    Range request, response;  ///< the response with what comes before it: 100 Continue
    ExchangeEnd end = ExchangeEnd::complete;
};

struct Dialogue {
    enum Side : std::uint8_t { client = 0, server = 1 };
    enum class Ending : std::uint8_t { fin, reset, none };

    /// What one side writes at once, having read all that stands before.
    struct Write {
        Side from;
        Range range;
    };

    std::vector<Write> writes;
    std::string streams[2];  ///< by sender
    std::vector<Truth> exchanges;
    Ending ending = Ending::fin;
    bool overlapping = false;  ///< a request was sent before the answer to the one before, or an answer
                               ///< before its request's end
};

/// `number` is part of every target. `decoys`: bodies hold texts that look like messages; in requests they
/// may stand where a segment starts, where nobody who lost the head can tell them from a request.
Dialogue make_dialogue(Random& random, unsigned number, bool request_decoys);

}  // namespace podsnoop::test
