// IP fragments put together again (RFC 791 3.2, RFC 8200 4.5), within bounds.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/address.hpp"
#include "base/time.hpp"
#include "decode/wire.hpp"
#include "event/packet.hpp"

namespace podsnoop {

struct FragmentLimits {
    std::size_t datagrams = 256;      ///< incomplete at once; then the one longest untouched is forgotten
    std::size_t bytes = 4 << 20;      ///< they take, all together; likewise
    Nanoseconds age{30'000'000'000};  ///< of an incomplete one, as long as Linux waits (ipfrag_time)
};

/// A piece of a datagram's payload, and which datagram's.
struct Fragment {
    Address source, destination;
    std::uint32_t interface = 0;  ///< copies seen elsewhere are put together apart
    std::uint8_t protocol = 0;    ///< what the payload starts with; tells IPv4's datagrams apart
    bool more = false;            ///< not the last one
    std::uint32_t id = 0;
    std::uint32_t offset = 0;  ///< bytes
    wire::Rest data;
    Time time;
    std::uint32_t packets = 1;  ///< that it took to bring it here
};

struct Joined {
    enum class State : std::uint8_t { waiting, complete, malformed } state = State::waiting;
    Packet datagram;            ///< complete: an IP packet; valid until the next fragment
    std::uint32_t packets = 0;  ///< complete: that brought its pieces
};

/// Incomplete datagrams. Where fragments overlap, the first copy of a byte counts. Where the capture cut one
/// short, the datagram is known up to there.
class Fragments {
  public:
    explicit Fragments(const FragmentLimits& limits = {}) : limits_(limits) {}

    /// A fragment is malformed where it cannot be one of this datagram: empty, beyond what a length field can
    /// say, not the last and no multiple of 8 bytes, beyond the end another one gave.
    Joined add(const Fragment& fragment);

    [[nodiscard]] std::size_t datagrams() const noexcept { return waiting_.size(); }
    [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }

  private:
    struct Range {
        std::uint32_t begin, end;
    };
    struct Datagram {
        Address source, destination;
        std::uint32_t interface = 0, id = 0;
        std::uint8_t protocol = 0;
        std::uint32_t packets = 0;
        std::uint32_t size = 0;            ///< of the payload; 0 until the last fragment came
        std::uint32_t captured = 0;        ///< payload bytes before the first that was not captured
        std::vector<Range> ranges{};       ///< seen so far, in order, apart from each other
        std::vector<std::byte> content{};  ///< room for a header, and the payload as far as fragments reach
        Time since;
        std::uint64_t touched = 0;
    };

    Datagram& find(const Fragment& fragment);
    void forget_old(Time now);
    void forget_untouched();
    void remove(Datagram& datagram);
    static void store(Datagram& datagram, const Fragment& fragment);
    Joined complete(Datagram& datagram, const Fragment& last);

    FragmentLimits limits_;
    std::vector<Datagram> waiting_;
    std::vector<std::byte> whole_;  ///< the datagram completed last
    std::size_t bytes_ = 0;         ///< sum of the capacities of `content`
    std::uint64_t touches_ = 0;
};

}  // namespace podsnoop
