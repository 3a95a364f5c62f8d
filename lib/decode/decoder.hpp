// Packet to TCP segment: link header, VLAN tags, IPv4 or IPv6, tunnels and what they carry, TCP.
#pragma once

#include <cstdint>

#include "decode/decoded.hpp"
#include "decode/fragments.hpp"
#include "event/packet.hpp"
#include "event/segment.hpp"

namespace podsnoop {

namespace wire {
struct IpPayload;
struct Network;
}  // namespace wire

struct DecodeOptions {
    bool decapsulate = true;  ///< look into tunnels; else what they carry is not TCP
};

/// Fills every field of `segment` where it returns Decoded::segment, else leaves it in no particular state.
/// The payload refers to the packet's data. Checksums are not looked at: the sender's own tap sees packets
/// before the device has filled them in. Pure; allocates nothing.
Decoded decode(const Packet& packet, Segment& segment, const DecodeOptions& options = {}) noexcept;

/// The same for one packet after another, with IP fragments put together.
class Decoder {
  public:
    explicit Decoder(const DecodeOptions& options = {}, const FragmentLimits& limits = {})
        : options_(options), fragments_(limits) {}

    /// A fragment that completes its datagram is answered as if the datagram had come in its place. The
    /// segment's payload is valid until the next call, or as long as the packet, whichever is shorter.
    Decoded decode(const Packet& packet, Segment& segment);
    /// How many packets the last answer is for: that one, and the fragments before it that it completed,
    /// which were answered as Decoded::fragment then.
    [[nodiscard]] std::uint32_t packets() const noexcept { return packets_; }

  private:
    Decoded decode_any(const Packet& packet, Segment& segment);
    Decoded join(wire::Network& network, wire::IpPayload& payload, Segment& segment);

    DecodeOptions options_;
    Fragments fragments_;
    std::uint32_t packets_ = 1;
};

}  // namespace podsnoop
