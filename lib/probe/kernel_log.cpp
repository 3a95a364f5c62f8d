#include "probe/kernel_log.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <ctime>

#include "node/reason.hpp"
#include "probe/cgroup_names.hpp"

namespace podsnoop {

namespace {

constexpr std::size_t largest_record = 8192;  // CONSOLE_EXT_LOG_MAX, PRINTK_MESSAGE_MAX
constexpr int most_records = 65536;           // in one go

}  // namespace

Result<KernelLog> KernelLog::open() {
    KernelLog log;
    log.fd_ = Fd(::open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC));
    if (!log.fd_ || ::lseek(log.fd_.get(), 0, SEEK_END) < 0)
        return fail("cannot read the kernel's log", "/dev/kmsg", reason_of(errno));
    return log;
}

bool KernelLog::read_into(OomLog& log) {
    std::array<char, largest_record> record;
    // The log's clock is the scheduler's, which nobody adjusts: after months it is off by seconds at most, as in `dmesg -T`.
    const KernelClock clock(CLOCK_MONOTONIC);
    bool any = false;
    for (int i = 0; i < most_records; ++i) {
        const ssize_t size = ::read(fd_.get(), record.data(), record.size());
        if (size < 0 && errno == EPIPE) {
            ++lost_;
            continue;
        }
        if (size < 0 && errno == EINTR) continue;
        if (size <= 0) break;
        any = true;
        if (const auto read = read_log_record({record.data(), static_cast<std::size_t>(size)}))
            log.take(read->text, clock.utc(read->microseconds * 1000));
    }
    return any;
}

}  // namespace podsnoop
