#include "probe/tracepoint.hpp"

#include <linux/perf_event.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <ctime>

#include "node/reason.hpp"
#include "probe/trace_folder.hpp"

namespace podsnoop {

namespace {

constexpr std::size_t data_pages = 16;  // a power of two; after one page that says how far each side is

Result<Fd> open_event(std::uint64_t id, int cpu) {
    perf_event_attr attributes{};
    attributes.size = sizeof attributes;
    attributes.type = PERF_TYPE_TRACEPOINT;
    attributes.config = id;
    attributes.sample_period = 1;
    attributes.wakeup_events = 1;
    attributes.sample_type = PERF_SAMPLE_TIME | PERF_SAMPLE_RAW;
    attributes.use_clockid = 1;
    attributes.clockid = CLOCK_MONOTONIC;  // of the clocks that also run in a suspended machine the kernel allows none
    Fd event(static_cast<int>(::syscall(SYS_perf_event_open, &attributes, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC)));
    if (!event) return fail("cannot open tracepoint", "perf", reason_of(errno));
    return event;
}

/// Copies out of a ring; what passes its end goes on at its start.
void copy(std::span<const std::byte> ring, std::uint64_t from, std::span<std::byte> to) {
    const std::size_t start = from % ring.size(), first = std::min(to.size(), ring.size() - start);
    std::ranges::copy(ring.subspan(start, first), to.begin());
    std::ranges::copy(ring.first(to.size() - first), to.begin() + static_cast<std::ptrdiff_t>(first));
}

}  // namespace

SharedPages::~SharedPages() {
    if (pages_ != nullptr) ::munmap(pages_, bytes_);
}

Result<Tracepoint> Tracepoint::open(const std::string& name) {
    auto folder = open_trace_folder();
    if (!folder) return std::unexpected(folder.error());
    auto text = read_file_at(folder->get(), "events/" + name + "/format");
    if (!text) return std::unexpected(text.error());
    auto format = TracepointFormat::parse(*text);
    if (!format) return std::unexpected(format.error());
    Tracepoint tracepoint(std::move(*format));
    tracepoint.epoll_ = Fd(::epoll_create1(EPOLL_CLOEXEC));
    const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    const std::size_t bytes = (1 + data_pages) * page;
    const long cpus = ::sysconf(_SC_NPROCESSORS_CONF);
    for (int cpu = 0; cpu < cpus; ++cpu) {
        auto event = open_event(tracepoint.format_.id(), cpu);
        if (!event && errno == ENODEV) continue;  // it is offline
        if (!event) return std::unexpected(event.error());
        void* pages = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, event->get(), 0);
        if (pages == MAP_FAILED) return fail("cannot open tracepoint", name, reason_of(errno));
        epoll_event wanted{};
        wanted.events = EPOLLIN;
        tracepoint.cpus_.push_back({std::move(*event), SharedPages(pages, bytes)});
        if (::epoll_ctl(tracepoint.epoll_.get(), EPOLL_CTL_ADD, tracepoint.cpus_.back().event.get(), &wanted) != 0)
            return fail("cannot poll", name, reason_of(errno));
    }
    return tracepoint;
}

std::vector<int> Tracepoint::poll_fds() const { return {epoll_.get()}; }

void Tracepoint::take(const std::function<void(const TracepointSample&)>& each) {
    for (const Cpu& cpu : cpus_) take(cpu, each);
}

void Tracepoint::take(const Cpu& cpu, const std::function<void(const TracepointSample&)>& each) {
    const std::span<std::byte> all = cpu.ring.bytes();
    auto* page = reinterpret_cast<perf_event_mmap_page*>(all.data());
    const std::span<const std::byte> ring = all.subspan(all.size() / (1 + data_pages));
    // The kernel writes the records first, then data_head; it writes over them once data_tail has passed.
    const std::uint64_t head = std::atomic_ref(page->data_head).load(std::memory_order_acquire);
    std::uint64_t tail = page->data_tail;
    std::vector<std::byte> body;
    while (tail < head) {
        perf_event_header header{};
        copy(ring, tail, std::as_writable_bytes(std::span(&header, 1)));
        if (header.size < sizeof header || header.size > head - tail) break;  // never; but it would not end
        body.resize(header.size - sizeof header);
        copy(ring, tail + sizeof header, body);
        read(header.type, body, each);
        tail += header.size;
    }
    std::atomic_ref(page->data_tail).store(head, std::memory_order_release);
}

void Tracepoint::read(std::uint32_t type, Bytes body, const std::function<void(const TracepointSample&)>& each) {
    // perf_event_open(2): time, size of what is raw, and that; of a loss an id and how many.
    Cursor cursor(body);
    if (type == PERF_RECORD_LOST) {
        cursor.skip(8);
        const std::uint64_t count = cursor.u64le();
        if (cursor.ok()) lost_ += count;
    } else if (type == PERF_RECORD_SAMPLE) {
        TracepointSample sample;
        sample.time = cursor.u64le();
        sample.record = cursor.take(cursor.u32le());
        if (cursor.ok()) each(sample);
    }
}

}  // namespace podsnoop
