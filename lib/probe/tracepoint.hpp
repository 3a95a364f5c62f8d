// A tracepoint's records by perf, for where BPF programs cannot be loaded: on all CPUs, without any of their types.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.hpp"
#include "base/fd.hpp"
#include "base/result.hpp"
#include "probe/tracepoint_format.hpp"

namespace podsnoop {

/// Pages shared with the kernel, unmapped when it goes.
class SharedPages {
  public:
    SharedPages() = default;
    SharedPages(void* pages, std::size_t bytes) : pages_(static_cast<std::byte*>(pages)), bytes_(bytes) {}
    SharedPages(SharedPages&& other) noexcept : pages_(std::exchange(other.pages_, nullptr)), bytes_(other.bytes_) {}
    SharedPages& operator=(SharedPages&&) = delete;
    ~SharedPages();
    [[nodiscard]] std::span<std::byte> bytes() const { return {pages_, bytes_}; }

  private:
    std::byte* pages_ = nullptr;
    std::size_t bytes_ = 0;
};

struct TracepointSample {
    std::uint64_t time = 0;  ///< CLOCK_MONOTONIC, ns
    Bytes record;            ///< laid out as TracepointFormat has it
};

class Tracepoint {
  public:
    /// "oom/mark_victim".
    static Result<Tracepoint> open(const std::string& name);

    [[nodiscard]] const TracepointFormat& format() const { return format_; }
    [[nodiscard]] std::vector<int> poll_fds() const;
    /// Hands over the samples there are.
    void take(const std::function<void(const TracepointSample&)>& each);
    /// Samples there was no room for.
    [[nodiscard]] std::uint64_t lost() const { return lost_; }

  private:
    struct Cpu {
        Fd event;
        SharedPages ring;
    };
    explicit Tracepoint(TracepointFormat format) : format_(std::move(format)) {}
    void take(const Cpu& cpu, const std::function<void(const TracepointSample&)>& each);
    void read(std::uint32_t type, Bytes body, const std::function<void(const TracepointSample&)>& each);

    TracepointFormat format_;
    std::vector<Cpu> cpus_;
    Fd epoll_;
    std::uint64_t lost_ = 0;
};

}  // namespace podsnoop
