// Reading small files whole, as /proc and cgroups have them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace podsnoop {

/// What a file holds, at most its first `limit` bytes; nothing where it cannot be opened or read (`errno`
/// says why). It never waits: a FIFO is read as it is.
std::optional<std::string> read_file(const std::string& path, std::size_t limit);

/// Where a symbolic link leads; nothing where it is none, or leads further than 4 KiB of path.
std::optional<std::string> read_link(const std::string& path);

/// What the kernel's links to its own objects lead to, "socket:[4711]" or "net:[4026531840]" (proc(5)): the inode, where it is
/// of this kind, "socket" or "net". Both are 32 bits in the kernel (get_next_ino(), struct ns_common).
std::optional<std::uint32_t> inode_in_link(std::string_view link, std::string_view kind);

}  // namespace podsnoop
