#include "capture/file/pcapng.hpp"

#include <algorithm>
#include <array>

#include "base/number.hpp"
#include "capture/file/counts_comment.hpp"
#include "capture/file/limits.hpp"
#include "capture/file/link_types.hpp"
#include "capture/file/pcapng_format.hpp"

namespace podsnoop {

using namespace pcapng;

struct PcapngReader::Block {
    std::uint32_t type;
    std::uint64_t offset;  // of the block in the file
    Bytes body;            // between its two lengths
};

namespace {

constexpr std::size_t max_name = 255;  // an interface's, in bytes; Linux has 15, a Windows device about 50

/// The counters that an interface's statistics carry.
constexpr std::array statistics_counters{
    &PacketCounts::skipped_not_tcp, &PacketCounts::skipped_not_selected, &PacketCounts::skipped_not_http,
    &PacketCounts::skipped_body,    &PacketCounts::skipped_ack,          &PacketCounts::dropped_ring_full,
    &PacketCounts::dropped_other,
};

std::string number(std::uint64_t value) { return std::to_string(value); }

std::unexpected<Error> damaged_block(const Input& input, const std::string& what, std::uint64_t offset) {
    return input.damaged(what + " in the block", offset);
}

std::unexpected<Error> no_interface(const Input& input, std::uint32_t interface, std::uint64_t offset) {
    return damaged_block(input, "interface " + number(interface) + ", which the section does not describe,", offset);
}

/// Calls visit(code, value) for each option. False where one is longer than what is left of its block.
template <class Visit>
bool visit_options(Bytes options, const ByteOrder& order, Visit visit) {
    while (options.size() >= 4) {
        const std::uint16_t code = order.u16(options, 0), size = order.u16(options, 2);
        if (code == option_end) return true;
        if (4 + padded(size) > options.size()) return false;
        visit(code, options.subspan(4, size));
        options = options.subspan(4 + padded(size));
    }
    return true;
}

/// The namespace's inode where the description is one that our writer made, else 0.
std::uint64_t netns_of(std::string_view description) {
    if (!description.starts_with(netns_description)) return 0;
    return parse_number<std::uint64_t>(description.substr(netns_description.size())).value_or(0);
}

}  // namespace

bool PcapngReader::recognises(Bytes start) { return ByteOrder().u32(start, 0) == block_section; }

Result<Input::Fill> PcapngReader::next(Input& input, Packet& packet) {
    for (;;) {
        // The smallest block has room for a section's byte-order magic.
        if (!input.has(smallest_block))
            if (const auto filled = input.fill_record(smallest_block); filled != Input::Fill::ready) {
                if (filled == Input::Fill::end && undecodable_ > 0)
                    return fail("cannot decode part of the capture", input.name(),
                                number(undecodable_) + " packets were of " + undecodable_link_);
                return filled;
            }
        const std::uint64_t offset = input.offset();
        if (order_.u32(input.window(), 0) == block_section) {
            order_ = ByteOrder(std::endian::little);
            if (order_.u32(input.window(), 8) != byte_order_magic) order_ = ByteOrder(std::endian::big);
            if (order_.u32(input.window(), 8) != byte_order_magic)
                return input.damaged("byte-order magic of neither order", offset + 8);
        }
        const std::uint32_t type = order_.u32(input.window(), 0), length = order_.u32(input.window(), 4);
        if (length < smallest_block || length % 4 != 0 || length > max_record)
            return input.damaged("block length " + number(length), offset + 4);
        if (!input.has(length))
            if (const auto filled = input.fill_record(length); filled != Input::Fill::ready) return filled;
        const Bytes whole = input.window().first(length);
        if (const std::uint32_t again = order_.u32(whole, length - block_trailer_size); again != length)
            return input.damaged("block length " + number(length) + " is " + number(again) + " at the block's end,",
                                 offset + length - block_trailer_size);
        const Block block{type, offset, whole.subspan(block_header_size, length - smallest_block)};
        const Result<Parsed> parsed = parse(input, block, packet);
        if (!parsed) return std::unexpected(parsed.error());
        input.consume(length);
        if (*parsed == Parsed::packet) return Input::Fill::ready;
    }
}

Result<PcapngReader::Parsed> PcapngReader::parse(const Input& input, const Block& block, Packet& packet) {
    switch (block.type) {
        case block_enhanced_packet:
        case block_obsolete_packet: return parse_timed_packet(input, block, packet);
        case block_simple_packet: return parse_simple_packet(input, block, packet);
        case block_section: return parse_section(input, block);
        case block_interface: return parse_interface(input, block);
        case block_statistics: return parse_statistics(input, block);
        case block_names: parse_names(block); return Parsed::other;
        default: return Parsed::other;  // secrets, custom blocks, journal entries
    }
}

Result<PcapngReader::Parsed> PcapngReader::parse_section(const Input& input, const Block& block) {
    if (block.body.size() < 16) return damaged_block(input, "no room for a section header", block.offset);
    if (const unsigned major = order_.u16(block.body, 4); major != 1)
        return fail("cannot read capture", input.name(),
                    "pcapng version " + number(major) + " of the section at byte " + number(block.offset) + " is not known");
    section_.clear();
    skips_bodies_ = false;
    const bool whole = visit_options(block.body.subspan(16), order_, [&](std::uint16_t code, Bytes value) {
        if (code == option_comment && as_text(value) == skips_bodies_comment) skips_bodies_ = true;
    });
    if (!whole) return damaged_block(input, "option longer than what is left", block.offset);
    return Parsed::other;
}

Result<PcapngReader::Parsed> PcapngReader::parse_interface(const Input& input, const Block& block) {
    if (block.body.size() < 8) return damaged_block(input, "no room for an interface", block.offset);
    Described described{};
    Interface interface;
    described.link_number = order_.u16(block.body, 0);
    described.link = link_type_of(described.link_number);
    described.snap_length = order_.u32(block.body, 4);
    std::int64_t offset_seconds = 0;
    const bool whole = visit_options(block.body.subspan(8), order_, [&](std::uint16_t code, Bytes value) {
        if (code == interface_name) interface.name = as_text(value).substr(0, max_name);
        if (code == interface_description) interface.netns = netns_of(as_text(value));
        if (code == interface_resolution && value.size() == 1)
            described.tick = Tick::from_resolution(std::to_integer<std::uint8_t>(value[0]));
        if (code == interface_offset && value.size() == 8) offset_seconds = static_cast<std::int64_t>(order_.u64(value, 0));
    });
    if (!whole) return damaged_block(input, "option longer than what is left", block.offset);
    described.tick.set_offset(offset_seconds);
    // A name is text, but some writers count its final zero.
    interface.name.erase(std::ranges::find(interface.name, '\0'), interface.name.end());
    described.index = index_of(interface);
    if (described.index >= max_interfaces)
        return damaged_block(input, "more than " + number(max_interfaces) + " interfaces", block.offset);
    if (described.index == interfaces_.size()) interfaces_.push_back(std::move(interface));
    any_decodable_ = any_decodable_ || described.link;
    section_.push_back(described);
    return Parsed::other;
}

/// Where the interface is in interfaces_, or its size where it is new. Within a section each description is
/// an interface of its own; a later section lists the same ones in the same order.
std::uint32_t PcapngReader::index_of(const Interface& interface) const {
    const std::size_t first = section_.empty() ? 0 : section_.back().index + std::size_t{1};
    const auto same = [&](const Interface& other) { return other.name == interface.name && other.netns == interface.netns; };
    const auto from = interfaces_.begin() + static_cast<std::ptrdiff_t>(std::min(first, interfaces_.size()));
    return static_cast<std::uint32_t>(std::find_if(from, interfaces_.end(), same) - interfaces_.begin());
}

/// Only our notes matter here: names that others put into a capture say nothing of pods, and need not be sound.
void PcapngReader::parse_names(const Block& block) {
    Bytes rest = block.body;
    for (bool more = true; more && rest.size() >= 4;) {
        more = order_.u16(rest, 0) != names_end;
        rest = rest.subspan(std::min(rest.size(), 4 + padded(order_.u16(rest, 2))));
    }
    visit_options(rest, order_, [&](std::uint16_t code, Bytes value) {
        if (code != option_comment || !as_text(value).starts_with(note_comment)) return;
        if (notes_bytes_ > max_note_bytes) return;  // a file need not have packets
        notes_bytes_ += value.size() + sizeof(std::string);
        notes_.emplace_back(as_text(value).substr(note_comment.size()));
    });
}

Result<PcapngReader::Parsed> PcapngReader::parse_statistics(const Input& input, const Block& block) {
    if (block.body.size() < 12) return damaged_block(input, "no room for statistics", block.offset);
    const std::uint32_t interface = order_.u32(block.body, 0);
    if (interface >= section_.size()) return no_interface(input, interface, block.offset);
    PacketCounts counts;
    std::optional<Time> started, stopped;
    const bool whole = visit_options(block.body.subspan(12), order_, [&](std::uint16_t code, Bytes value) {
        if (code == option_comment) read_counts_comment(as_text(value), counts);
        if (value.size() != 8) return;
        const auto time = [&] {
            return section_[interface].tick.time(std::uint64_t{order_.u32(value, 0)} << 32 | order_.u32(value, 4));
        };
        if (code == statistics_start) started = time();
        if (code == statistics_end) stopped = time();
        if (code == statistics_dropped_by_interface) counts.dropped_ring_full = order_.u64(value, 0);
        if (code == statistics_dropped_by_system) counts.dropped_other = order_.u64(value, 0);
    });
    if (!whole) return damaged_block(input, "option longer than what is left", block.offset);
    if (started && (!started_ || *started < *started_)) started_ = started;
    if (stopped && (!stopped_ || *stopped > *stopped_)) stopped_ = stopped;
    // Counted from the section's start: the last statistics of an interface replace those before.
    for (const auto counter : statistics_counters)
        statistics_.*counter += counts.*counter - section_[interface].statistics.*counter;
    section_[interface].statistics = counts;
    return Parsed::other;
}

/// Enhanced and obsolete packet blocks. They differ in that the interface's number has 32 bits in the one; in
/// the other it has 16, and a count of drops fills the rest.
Result<PcapngReader::Parsed> PcapngReader::parse_timed_packet(const Input& input, const Block& block, Packet& packet) {
    if (block.body.size() < 20) return damaged_block(input, "no room for a packet", block.offset);
    const bool enhanced = block.type == block_enhanced_packet;
    const Content content{
        .interface = enhanced ? order_.u32(block.body, 0) : order_.u16(block.body, 0),
        .captured = order_.u32(block.body, 12),
        .length = order_.u32(block.body, 16),
        .data_at = 20,
        .ticks = std::uint64_t{order_.u32(block.body, 4)} << 32 | order_.u32(block.body, 8),
    };
    if (content.captured <= block.body.size() - content.data_at) {
        const Bytes options = block.body.subspan(content.data_at + padded(content.captured));
        if (!visit_options(options, order_, [](std::uint16_t, Bytes) {}))
            return damaged_block(input, "option longer than what is left", block.offset);
    }
    return take(input, block, content, packet);
}

Result<PcapngReader::Parsed> PcapngReader::parse_simple_packet(const Input& input, const Block& block, Packet& packet) {
    if (block.body.size() < 4) return damaged_block(input, "no room for a packet", block.offset);
    const std::uint32_t length = order_.u32(block.body, 0);
    const std::uint32_t snap_length = section_.empty() ? 0 : section_.front().snap_length;
    const Content content{
        .interface = 0,
        .captured = snap_length == 0 ? length : std::min(length, snap_length),
        .length = length,
        .data_at = 4,
        .ticks = std::nullopt,
    };
    return take(input, block, content, packet);
}

Result<PcapngReader::Parsed> PcapngReader::take(const Input& input, const Block& block, const Content& content, Packet& packet) {
    if (content.interface >= section_.size()) return no_interface(input, content.interface, block.offset);
    const Described& interface = section_[content.interface];
    const Bytes rest = block.body.subspan(content.data_at);
    if (content.captured > rest.size()) return damaged_block(input, "packet length " + number(content.captured), block.offset);
    if (content.ticks) last_time_ = interface.tick.time(*content.ticks);
    if (!interface.link) return pass_over(input, interface);
    packet.time = last_time_;
    packet.data = rest.first(content.captured);
    packet.wire_length = std::max(content.length, content.captured);
    packet.link = *interface.link;
    packet.protocol = 0;
    packet.interface = interface.index;
    return Parsed::packet;
}

/// Packets that cannot be decoded are an error at once where there is nothing else to hope for, at the end
/// where there is.
Result<PcapngReader::Parsed> PcapngReader::pass_over(const Input& input, const Described& interface) {
    if (!any_decodable_)
        return fail("cannot read capture", input.name(), describe_link_type(interface.link_number) + " cannot be decoded");
    if (undecodable_++ == 0) undecodable_link_ = describe_link_type(interface.link_number);
    return Parsed::other;
}

}  // namespace podsnoop
