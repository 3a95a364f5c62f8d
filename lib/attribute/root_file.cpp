#include "attribute/root_file.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <memory>
#include <string_view>

#include "base/fd.hpp"
#include "node/reason.hpp"

namespace podsnoop {

namespace {

/// Before Linux 5.6 there is no openat2: only the file itself may then be a link, and is followed below the root.
Fd open_by_hand(const RootFile& file, int flags) {
    std::string path = file.path;
    constexpr int most_links = 8;
    for (int links = 0; links < most_links; ++links) {
        std::array<char, PATH_MAX> target;
        const ssize_t length = ::readlink((file.root + path).c_str(), target.data(), target.size());
        if (length <= 0) return Fd(::open((file.root + path).c_str(), flags | O_NOFOLLOW));
        const std::string_view link(target.data(), static_cast<std::size_t>(length));
        path = link.starts_with('/') ? std::string(link) : path.substr(0, path.rfind('/') + 1) + std::string(link);
    }
    errno = ELOOP;
    return {};
}

/// Sets errno where it gives none.
Fd open_in_root(const RootFile& file, int flags) {
    if (file.root.empty()) return Fd(::open(file.path.c_str(), flags));
    const Fd root(::open(file.root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!root) return {};
    open_how how{};
    how.flags = static_cast<__u64>(flags);
    how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
    Fd fd(static_cast<int>(::syscall(SYS_openat2, root.get(), file.path.c_str(), &how, sizeof how)));
    // A seccomp profile that does not know openat2 refuses it with EPERM.
    if (!fd && (errno == ENOSYS || errno == EPERM)) return open_by_hand(file, flags);
    return fd;
}

}  // namespace

bool exists(const RootFile& file) {
    const Fd fd = open_in_root(file, O_PATH | O_CLOEXEC);
    struct stat status{};
    return fd && ::fstat(fd.get(), &status) == 0 && S_ISREG(status.st_mode);
}

Result<std::vector<std::string>> list(const RootFile& folder, std::size_t most_names) {
    Fd fd = open_in_root(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const std::unique_ptr<DIR, int (*)(DIR*)> stream(fd ? ::fdopendir(fd.get()) : nullptr, ::closedir);
    if (!stream) return fail("cannot read", folder.shown(), reason_of(errno));
    static_cast<void>(fd.release());  // the stream's now
    std::vector<std::string> names;
    while (names.size() < most_names) {
        const dirent* entry = ::readdir(stream.get());
        if (entry == nullptr) break;
        const std::string_view name = entry->d_name;
        if (name != "." && name != "..") names.emplace_back(name);
    }
    return names;
}

namespace {

Result<Fd> open_regular(const RootFile& file, struct stat& status) {
    constexpr const char* what = "cannot read";
    // O_NONBLOCK: opening a named pipe must not wait for its writer.
    Fd fd = open_in_root(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (!fd) {
        const int error = errno;
        return fail(what, file.shown(), reason_of(error), error == EACCES ? "run as root" : "");
    }
    if (::fstat(fd.get(), &status) != 0) return fail(what, file.shown(), reason_of(errno));
    if (!S_ISREG(status.st_mode)) return fail(what, file.shown(), "not a regular file");
    return fd;
}

template <class Take>
Result<void> read_pieces(const Fd& fd, const RootFile& file, std::size_t most_bytes, Take take) {
    constexpr const char* what = "cannot read";
    std::array<char, 16384> piece;
    for (std::size_t taken = 0;;) {
        const ssize_t length = ::read(fd.get(), piece.data(), piece.size());
        if (length < 0 && errno == EINTR) continue;
        if (length < 0) return fail(what, file.shown(), reason_of(errno));
        if (length == 0) return {};
        const auto size = static_cast<std::size_t>(length);
        if (size > most_bytes - taken)
            return fail(what, file.shown(), "it holds more than " + std::to_string(most_bytes) + " bytes");
        taken += size;
        take(std::string_view(piece.data(), size));
    }
}

}  // namespace

Result<std::string> read(const RootFile& file, std::size_t most_bytes) {
    struct stat status{};
    const Result<Fd> fd = open_regular(file, status);
    if (!fd) return std::unexpected(fd.error());
    std::string content;
    // A list of pods would be there twice where it grows. Of files in /proc the size is not told.
    content.reserve(std::min(static_cast<std::size_t>(status.st_size), most_bytes));
    auto all = read_pieces(*fd, file, most_bytes, [&](std::string_view piece) { content += piece; });
    if (!all) return std::unexpected(std::move(all.error()));
    return content;
}

Result<void> read(const RootFile& file, std::size_t most_bytes, const std::function<void(std::string_view)>& take) {
    struct stat status{};
    const Result<Fd> fd = open_regular(file, status);
    if (!fd) return std::unexpected(fd.error());
    return read_pieces(*fd, file, most_bytes, take);
}

}  // namespace podsnoop
