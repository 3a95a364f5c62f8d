// The numbers of the pcapng format that the reader and the writer share (draft-ietf-opsawg-pcapng).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace podsnoop::pcapng {

enum BlockType : std::uint32_t {
    block_interface = 1,
    block_obsolete_packet = 2,
    block_simple_packet = 3,
    block_names = 4,
    block_statistics = 5,
    block_enhanced_packet = 6,
    block_section = 0x0a0d0d0a,  // the same in either byte order
};

enum NameRecord : std::uint16_t { names_end = 0, name_of_ipv4 = 1, name_of_ipv6 = 2 };

enum Option : std::uint16_t {
    option_end = 0,
    option_comment = 1,
    section_application = 4,
    interface_name = 2,
    interface_description = 3,
    interface_resolution = 9,
    interface_offset = 14,
    statistics_start = 2,
    statistics_end = 3,
    statistics_received = 4,
    statistics_dropped_by_interface = 5,
    statistics_dropped_by_system = 7,
};

inline constexpr std::uint32_t byte_order_magic = 0x1a2b3c4d;

/// A block is its type, its length, a body padded to 4 bytes, and the length again.
inline constexpr std::size_t block_header_size = 8, block_trailer_size = 4;
inline constexpr std::size_t smallest_block = block_header_size + block_trailer_size;

constexpr std::size_t padded(std::size_t size) { return (size + 3) & ~std::size_t{3}; }

/// What the writer says of a section whose capture left out body segments (see bpf/README.md).
inline constexpr std::string_view skips_bodies_comment = "podsnoop: segments inside bodies were left out";

/// What the comments in a block of names start with that say what was known at this place in the file of pods, namespaces
/// and connections.
inline constexpr std::string_view note_comment = "podsnoop note: ";

/// How the writer puts an interface's network namespace into its description, before the inode number.
inline constexpr std::string_view netns_description = "network namespace ";

}  // namespace podsnoop::pcapng
