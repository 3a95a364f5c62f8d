// The cgroup v2 hierarchy, asked by the ids that the kernel gives for sockets.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/fd.hpp"

namespace podsnoop {

class CgroupTree {
  public:
    /// That mounted below `root` ("" for this machine's own), alone or beside v1 in `unified`. Where there is
    /// none, all that is asked is unknown.
    explicit CgroupTree(const std::string& root);

    /// The path of a cgroup below the mount, "/kubepods.slice/…", "/" for the root; nothing where it is gone,
    /// or where CAP_DAC_READ_SEARCH is missing.
    [[nodiscard]] std::optional<std::string> path_of(std::uint64_t id) const;

    /// The processes in a cgroup (not in those below it), lowest first, at most some thousands.
    [[nodiscard]] std::vector<std::uint32_t> processes_of(const std::string& path) const;

  private:
    std::string mount_;
    Fd mount_fd_;
};

}  // namespace podsnoop
