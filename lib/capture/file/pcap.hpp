// The pcap format: one header, then packets of one interface (draft-ietf-opsawg-pcap).
#pragma once

#include <cstdint>
#include <optional>

#include "base/result.hpp"
#include "capture/file/byte_order.hpp"
#include "capture/file/input.hpp"
#include "event/packet.hpp"

namespace podsnoop {

class PcapReader {
  public:
    static constexpr std::size_t header_size = 24;

    /// A reader for the file that starts with this header; nothing where it is no pcap. Fails where it is one
    /// that cannot be read.
    static Result<std::optional<PcapReader>> from_header(const Input& input);

    /// Fills in the next packet. The input stands after the header or after the packet before.
    Result<Input::Fill> next(Input& input, Packet& packet) const;

  private:
    PcapReader(ByteOrder order, unsigned ns_per_tick, LinkType link) : order_(order), ns_per_tick_(ns_per_tick), link_(link) {}

    ByteOrder order_;
    unsigned ns_per_tick_;
    LinkType link_;
};

}  // namespace podsnoop
