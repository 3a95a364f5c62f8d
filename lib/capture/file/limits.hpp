// Bounds on what a capture file may make us do.
#pragma once

#include <cstddef>

namespace podsnoop {

/// The longest record read, in bytes. BIG TCP frames reach 512 KiB; a length beyond this is damage.
inline constexpr std::size_t max_record = 16 << 20;

/// The most interfaces a pcapng file may describe, over all its sections.
inline constexpr std::size_t max_interfaces = 16384;

/// The most memory, in bytes, that notes between two packets may take; those beyond it are passed over.
inline constexpr std::size_t max_note_bytes = std::size_t{64} << 20;

}  // namespace podsnoop
