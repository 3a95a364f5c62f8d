// The pcap format: one header, then packets of one interface (draft-ietf-opsawg-pcap).
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "capture/file/byte_order.hpp"
#include "capture/file/input.hpp"
#include "capture/file/limits.hpp"
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
    /// The same, for one that is whole in the window already, as most are. False: it is not, and nothing changed.
    bool take(Input& input, Packet& packet) const noexcept;

  private:
    static constexpr std::size_t record_header_size = 16;

    PcapReader(ByteOrder order, unsigned ns_per_tick, LinkType link) : order_(order), ns_per_tick_(ns_per_tick), link_(link) {}

    ByteOrder order_;
    unsigned ns_per_tick_;
    LinkType link_;
};

inline bool PcapReader::take(Input& input, Packet& packet) const noexcept {
    const Bytes window = input.window();
    if (window.size() < record_header_size) return false;
    const std::uint32_t captured = order_.u32(window, 8);
    const std::size_t size = record_header_size + captured;
    if (window.size() < size || captured > max_record) return false;
    packet.time =
        Time{std::chrono::seconds{order_.u32(window, 0)} + Nanoseconds{std::int64_t{order_.u32(window, 4)} * ns_per_tick_}};
    packet.data = window.subspan(record_header_size, captured);
    packet.wire_length = std::max(order_.u32(window, 12), captured);
    packet.link = link_;
    packet.protocol = 0;
    packet.interface = 0;
    input.consume(size);
    return true;
}

}  // namespace podsnoop
