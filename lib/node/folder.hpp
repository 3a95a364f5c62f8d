// Going through folders whose entries are numbers, as /proc and /proc/PID/fd.
#pragma once

#include <dirent.h>

#include <charconv>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>

namespace podsnoop {

struct CloseFolder {
    void operator()(DIR* folder) const noexcept { ::closedir(folder); }
};

/// Calls `each` with the names in a folder that are numbers, until it returns false. None where the folder cannot be read.
template <class Each>
void for_each_number(const std::string& path, Each each) {
    const std::unique_ptr<DIR, CloseFolder> folder(::opendir(path.c_str()));
    while (const dirent* entry = folder ? ::readdir(folder.get()) : nullptr) {
        const std::string_view name = entry->d_name;
        std::uint32_t number = 0;
        const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
        if (error == std::errc{} && end == name.data() + name.size() && !each(number)) return;
    }
}

}  // namespace podsnoop
