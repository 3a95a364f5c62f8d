#include "node/file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/fd.hpp"
#include "base/number.hpp"

namespace podsnoop {

std::optional<std::string> read_file(const std::string& path, std::size_t limit) {
    const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    if (!fd) return std::nullopt;
    constexpr std::size_t step = 4096;
    std::string text;
    while (text.size() < limit) {
        const std::size_t had = text.size(), room = std::min(step + had, limit - had);
        text.resize(had + room);
        const ssize_t count = ::read(fd.get(), text.data() + had, room);
        text.resize(had + static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
        if (count == 0) break;
        if (count < 0 && errno != EINTR) return std::nullopt;
    }
    return text;
}

std::optional<std::string> read_link(const std::string& path) {
    std::array<char, 4096> target;
    const ssize_t count = ::readlink(path.c_str(), target.data(), target.size());
    if (count < 0 || static_cast<std::size_t>(count) == target.size()) return std::nullopt;
    return std::string(target.data(), static_cast<std::size_t>(count));
}

std::optional<std::uint32_t> inode_in_link(std::string_view link, std::string_view kind) {
    if (!link.starts_with(kind)) return std::nullopt;
    link.remove_prefix(kind.size());
    if (!link.starts_with(":[") || !link.ends_with(']')) return std::nullopt;
    return parse_number<std::uint32_t>(link.substr(2, link.size() - 3));
}

}  // namespace podsnoop
