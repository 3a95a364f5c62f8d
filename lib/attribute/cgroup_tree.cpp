#include "attribute/cgroup_tree.hpp"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/vfs.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstring>
#include <string_view>

#include "node/file.hpp"

namespace podsnoop {

namespace {

/// The file handle of a cgroup's folder is its id alone (FILEID_KERNFS, include/linux/exportfs.h, since 5.5;
/// sockets tell their cgroup since 5.9).
constexpr int kernfs_handle = 0xfe;

constexpr std::size_t procs_limit = 64 * 1024;

}  // namespace

CgroupTree::CgroupTree(const std::string& root) {
    for (const char* folder : {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"}) {
        Fd fd(::open((root + folder).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        struct statfs filesystem{};
        if (!fd || ::fstatfs(fd.get(), &filesystem) != 0 || filesystem.f_type != CGROUP2_SUPER_MAGIC) continue;
        // As the kernel names it: `root` may hold symbolic links.
        mount_ = read_link("/proc/self/fd/" + std::to_string(fd.get())).value_or("");
        mount_fd_ = std::move(fd);
        return;
    }
}

std::optional<std::string> CgroupTree::path_of(std::uint64_t id) const {
    if (!mount_fd_) return std::nullopt;
    alignas(file_handle) std::array<std::byte, sizeof(file_handle) + sizeof(id)> storage{};
    file_handle handle{};
    handle.handle_bytes = sizeof(id);
    handle.handle_type = kernfs_handle;
    std::memcpy(storage.data(), &handle, sizeof(handle));
    std::memcpy(storage.data() + sizeof(handle), &id, sizeof(id));
    const Fd fd(::open_by_handle_at(mount_fd_.get(), reinterpret_cast<file_handle*>(storage.data()), O_PATH | O_CLOEXEC));
    if (!fd) return std::nullopt;
    const auto path = read_link("/proc/self/fd/" + std::to_string(fd.get()));
    constexpr std::string_view deleted = " (deleted)";
    if (!path || mount_.empty() || !path->starts_with(mount_) || path->ends_with(deleted)) return std::nullopt;
    const std::string below = path->substr(mount_.size());
    if (below.empty()) return "/";
    return below.front() == '/' ? std::optional(below) : std::nullopt;
}

std::vector<std::uint32_t> CgroupTree::processes_of(const std::string& path) const {
    std::vector<std::uint32_t> pids;
    if (!mount_fd_) return pids;
    const std::string text = read_file(mount_ + path + "/cgroup.procs", procs_limit).value_or("");
    for (std::string_view rest = text; !rest.empty();) {
        const std::string_view line = rest.substr(0, rest.find('\n'));
        rest.remove_prefix(std::min(line.size() + 1, rest.size()));
        std::uint32_t pid = 0;  // as which a process outside this pid namespace is told
        std::from_chars(line.data(), line.data() + line.size(), pid);
        if (pid != 0) pids.push_back(pid);
    }
    std::ranges::sort(pids);
    return pids;
}

}  // namespace podsnoop
