#include "probe/trace_folder.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "node/reason.hpp"

namespace podsnoop {

namespace {

constexpr std::size_t largest_file = 65536;

}  // namespace

Result<Fd> open_trace_folder() {
    for (const char* path : {"/sys/kernel/tracing", "/sys/kernel/debug/tracing"}) {
        Fd folder(::open(path, O_PATH | O_DIRECTORY | O_CLOEXEC));
        if (folder && ::faccessat(folder.get(), "events", F_OK, 0) == 0) return folder;
        if (errno == EACCES) return fail("cannot read tracepoints", "tracefs", reason_of(errno));
    }
    return fail("cannot read tracepoints", "tracefs", "not mounted", "mount -t tracefs tracefs /sys/kernel/tracing");
}

Result<std::string> read_file_at(int folder, const std::string& path) {
    const Fd file(::openat(folder, path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file) return fail("cannot read", path, reason_of(errno));
    std::string text;
    std::array<char, 4096> piece;
    for (ssize_t count = 0; (count = ::read(file.get(), piece.data(), piece.size())) != 0;) {
        if (count < 0) return fail("cannot read", path, reason_of(errno));
        text.append(piece.data(), static_cast<std::size_t>(count));
        if (text.size() > largest_file) return fail("cannot read", path, "it is too long");
    }
    return text;
}

}  // namespace podsnoop
