// Going through folders whose entries are numbers, as /proc and /proc/PID/fd.
#pragma once

#include <dirent.h>

#include <cstdint>
#include <memory>
#include <string>

#include "base/number.hpp"

namespace podsnoop {

struct CloseFolder {
    void operator()(DIR* folder) const noexcept { ::closedir(folder); }
};

/// Calls `each` with the names in a folder that are numbers, until it returns false. None where the folder cannot be read.
template <class Each>
void for_each_number(const std::string& path, Each each) {
    const std::unique_ptr<DIR, CloseFolder> folder(::opendir(path.c_str()));
    while (const dirent* entry = folder ? ::readdir(folder.get()) : nullptr) {
        const auto number = parse_number<std::uint32_t>(entry->d_name);
        if (number && !each(*number)) return;
    }
}

}  // namespace podsnoop
