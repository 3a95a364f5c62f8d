#include "capture/file/file_view.hpp"

#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

namespace podsnoop {

namespace {

constexpr std::size_t usual_size = std::size_t{2} << 20;  // what is mapped counts as memory in use

std::uint64_t page_size() {
    static const auto size = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
    return size;
}

/// Whose memory the handler looks after.
std::atomic<FileView*> shown = nullptr;

}  // namespace

FileView::~FileView() {
    FileView* self = this;
    shown.compare_exchange_strong(self, nullptr);  // nothing where a later one is shown
    unmap();
}

void FileView::unmap() noexcept {
    if (memory_ != nullptr) ::munmap(memory_, size_);
    memory_ = nullptr;
    size_ = 0;
}

Bytes FileView::show(int fd, std::uint64_t offset, std::size_t count) noexcept {
    const std::uint64_t page = page_size();
    struct stat status{};
    if (::fstat(fd, &status) != 0 || static_cast<std::uint64_t>(status.st_size) < offset + count) return {};
    const std::uint64_t start = offset / page * page;
    const std::uint64_t wanted = std::max<std::uint64_t>(usual_size, offset - start + count);
    const auto size = static_cast<std::size_t>(std::min(wanted, static_cast<std::uint64_t>(status.st_size) - start));
    void* memory = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd, static_cast<off_t>(start));
    if (memory == MAP_FAILED) return {};
    unmap();
    memory_ = static_cast<std::byte*>(memory);
    size_ = (size + page - 1) / page * page;
    static_cast<void>(::madvise(memory, size, MADV_SEQUENTIAL));
    if (shown.exchange(this) == nullptr) {
        struct sigaction action{};
        action.sa_sigaction = [](int signal, siginfo_t* info, void* context) { on_bus_error(signal, info, context); };
        action.sa_flags = SA_SIGINFO;
        ::sigaction(SIGBUS, &action, nullptr);
    }
    return Bytes(memory_, size).subspan(offset - start);
}

/// Puts zeros where the file ended. mmap() is no async-signal-safe function by POSIX, but a mere system call on Linux.
void FileView::on_bus_error(int signal, void* info, void*) {
    FileView* const view = shown.load();
    std::byte* const at = static_cast<std::byte*>(static_cast<siginfo_t*>(info)->si_addr);
    if (view != nullptr && at >= view->memory_ && at < view->memory_ + view->size_) {
        view->cut_.store(true, std::memory_order_relaxed);
        std::byte* const page = at - reinterpret_cast<std::uintptr_t>(at) % page_size();
        const auto rest = static_cast<std::size_t>(view->memory_ + view->size_ - page);
        if (::mmap(page, rest, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != MAP_FAILED) return;
    }
    ::signal(signal, SIG_DFL);  // somebody else's: it happens again, and ends the program
}

}  // namespace podsnoop
