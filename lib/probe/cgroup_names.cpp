#include "probe/cgroup_names.hpp"

#include <algorithm>
#include <ctime>
#include <string_view>

namespace podsnoop {

std::string path_of(const cgroup_path& cgroup) {
    if (cgroup.length == 0) return "/";
    if (cgroup.length < 0 || cgroup.length > CGROUP_PATH_BYTES) return {};
    std::string_view names(cgroup.names, static_cast<std::size_t>(cgroup.length));
    std::string path;
    while (!names.empty()) {
        names.remove_suffix(1);  // the zero
        const std::size_t start = names.rfind('\0') + 1;  // 0 where there is none: npos + 1
        path += '/';
        path += names.substr(start);
        names = names.substr(0, start);
    }
    return path;
}

KernelClock::KernelClock(int clock) : clock_(clock), origin_(read_origin()) {}

void KernelClock::refresh() {
    constexpr auto step = std::chrono::milliseconds(10);
    const Time origin = read_origin();
    if (std::chrono::abs(origin - origin_) > step) origin_ = origin;
}

Time KernelClock::read_origin() const {
    const auto read = [](int which) {
        timespec now{};
        ::clock_gettime(which, &now);
        return std::chrono::seconds(now.tv_sec) + Nanoseconds(now.tv_nsec);
    };
    const Nanoseconds utc = read(CLOCK_REALTIME), kernel = read(clock_), after = read(CLOCK_REALTIME);
    return Time{utc + (after - utc) / 2 - kernel};
}

}  // namespace podsnoop
