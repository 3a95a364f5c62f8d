#include "ledger_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>

#include "node/reason.hpp"

namespace podsnoop {

namespace {

constexpr const char* what = "cannot write ledger";

}  // namespace

Result<LedgerFile> LedgerFile::open(const std::optional<std::string>& path) {
    if (!path || *path == "-") return LedgerFile(path, Fd{});
    Fd file(::open(path->c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
    if (!file) return fail(what, *path, reason_of(errno));
    return LedgerFile(path, std::move(file));
}

Result<void> LedgerFile::empty() {
    // A pipe or a device has nothing to go.
    if (file_ && ftruncate(file_.get(), 0) != 0 && errno != EINVAL) return fail(what, *path_, reason_of(errno));
    return {};
}

Result<void> LedgerFile::write(std::string_view text, Output& standard_output) {
    if (!path_) return {};
    if (!file_) {
        const auto written = standard_output.write(text);
        if (!written) return std::unexpected(written.error());
        return {};
    }
    while (!text.empty()) {
        const ssize_t count = ::write(file_.get(), text.data(), text.size());
        if (count < 0 && errno != EINTR) return fail(what, *path_, reason_of(errno));
        if (count > 0) text.remove_prefix(static_cast<std::size_t>(count));
    }
    return {};
}

}  // namespace podsnoop
