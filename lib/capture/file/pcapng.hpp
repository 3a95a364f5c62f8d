// The pcapng format: sections of blocks, each section with its own byte order and interfaces
// (draft-ietf-opsawg-pcapng).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "capture/file/byte_order.hpp"
#include "capture/file/input.hpp"
#include "capture/file/tick.hpp"
#include "event/ledger.hpp"
#include "event/packet.hpp"

namespace podsnoop {

class PcapngReader {
  public:
    /// Whether a file that starts with these bytes (at least 4) is pcapng.
    static bool recognises(Bytes start);

    /// Fills in the next packet. The input stands at a block.
    Result<Input::Fill> next(Input& input, Packet& packet);

    /// All sections' interfaces. An interface that a later section describes again by the same name is the
    /// same.
    [[nodiscard]] const std::vector<Interface>& interfaces() const { return interfaces_; }
    /// What the interfaces' statistics say was dropped and, where podsnoop wrote them, skipped. `seen` and
    /// `kept` are not set.
    [[nodiscard]] const PacketCounts& statistics() const { return statistics_; }
    /// Whether the section's capture left out segments inside bodies, as podsnoop's filter does.
    [[nodiscard]] bool skips_bodies() const { return skips_bodies_; }
    /// When capturing began and ended, where the statistics say it.
    [[nodiscard]] std::optional<Time> started() const { return started_; }
    [[nodiscard]] std::optional<Time> stopped() const { return stopped_; }
    [[nodiscard]] bool has_notes() const { return !notes_.empty(); }
    /// The notes that stood before the packet last given or, at the end, behind the last; then forgets them.
    std::vector<std::string> take_notes() {
        notes_bytes_ = 0;
        return std::exchange(notes_, {});
    }
    /// Packets passed over because their interface's link type cannot be decoded.
    [[nodiscard]] std::uint64_t undecodable() const { return undecodable_; }

  private:
    /// An interface as the current section describes it.
    struct Described {
        std::uint32_t index = 0;  ///< into interfaces_
        std::uint32_t link_number = 0;
        std::optional<LinkType> link;
        std::uint32_t snap_length = 0;  ///< 0 is unlimited
        Tick tick;
        PacketCounts statistics;
    };
    struct Block;
    /// What the three kinds of packet blocks say of their packet.
    struct Content {
        std::uint32_t interface = 0;             ///< its number in the section
        std::uint32_t captured = 0, length = 0;  ///< bytes in the file, and on the wire
        std::size_t data_at = 0;                 ///< in the block's body
        std::optional<std::uint64_t> ticks;      ///< a simple packet has no time
    };
    enum class Parsed : std::uint8_t { packet, other };

    Result<Parsed> parse(const Input& input, const Block& block, Packet& packet);
    Result<Parsed> parse_section(const Input& input, const Block& block);
    Result<Parsed> parse_interface(const Input& input, const Block& block);
    void parse_names(const Block& block);
    Result<Parsed> parse_statistics(const Input& input, const Block& block);
    Result<Parsed> parse_timed_packet(const Input& input, const Block& block, Packet& packet);
    Result<Parsed> parse_simple_packet(const Input& input, const Block& block, Packet& packet);
    Result<Parsed> take(const Input& input, const Block& block, const Content& content, Packet& packet);
    Result<Parsed> pass_over(const Input& input, const Described& interface);
    [[nodiscard]] std::uint32_t index_of(const Interface& interface) const;

    ByteOrder order_;
    std::vector<Described> section_;  // the current section's interfaces, by the numbers its packets use
    std::vector<Interface> interfaces_;
    PacketCounts statistics_;
    bool skips_bodies_ = false;
    std::optional<Time> started_, stopped_;
    std::uint64_t undecodable_ = 0;
    std::string undecodable_link_;  // the first such
    bool any_decodable_ = false;    // whether any interface so far can be decoded
    std::vector<std::string> notes_;
    std::size_t notes_bytes_ = 0;
    Time last_time_;                // for simple packets, which have none
};

}  // namespace podsnoop
