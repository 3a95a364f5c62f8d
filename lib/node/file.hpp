// Reading small files whole, as /proc and cgroups have them.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

namespace podsnoop {

/// What a file holds, at most its first `limit` bytes; nothing where it cannot be opened or read (`errno`
/// says why). It never waits: a FIFO is read as it is.
std::optional<std::string> read_file(const std::string& path, std::size_t limit);

/// Where a symbolic link leads; nothing where it is none, or leads further than 4 KiB of path.
std::optional<std::string> read_link(const std::string& path);

}  // namespace podsnoop
