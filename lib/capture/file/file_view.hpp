// A part of a file in memory without a copy. Bytes that nobody looks at, such as bodies of messages, cost next to nothing.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "base/bytes.hpp"

namespace podsnoop {

/// A file may become shorter while it is mapped; touching what is gone raises SIGBUS. The view sees to it that zeros are read
/// there instead, and says so. Of several views that is so for the one that was shown something last.
class FileView {
  public:
    FileView() = default;
    FileView(const FileView&) = delete;
    FileView& operator=(const FileView&) = delete;
    ~FileView();

    /// Shows at least `count` bytes from `offset` on; what it showed before is gone. Gives nothing, and goes on showing that,
    /// where the file ends before them or cannot be mapped.
    Bytes show(int fd, std::uint64_t offset, std::size_t count) noexcept;
    /// Whether what was shown is no longer in the file.
    [[nodiscard]] bool is_cut() const noexcept { return cut_.load(std::memory_order_relaxed); }

  private:
    static void on_bus_error(int signal, void* info, void* context);
    void unmap() noexcept;

    std::byte* memory_ = nullptr;
    std::size_t size_ = 0;  // of the mapping: whole pages
    std::atomic<bool> cut_ = false;
};

}  // namespace podsnoop
