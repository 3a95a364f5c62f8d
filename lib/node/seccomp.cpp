#include "node/seccomp.hpp"

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/bpf.h>
#include <linux/filter.h>
#include <linux/nsfs.h>
#include <linux/perf_event.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <bit>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <initializer_list>
#include <span>
#include <string_view>
#include <vector>

#include "node/reason.hpp"

namespace podsnoop {

namespace {

#if defined(__x86_64__)
constexpr std::uint32_t architecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr std::uint32_t architecture = AUDIT_ARCH_AARCH64;
#else
#error "seccomp: which AUDIT_ARCH_ is this?"
#endif

constexpr std::uint32_t allow = SECCOMP_RET_ALLOW, refuse = SECCOMP_RET_ERRNO | EPERM;

/// Numbers that every thread may call, the frequent ones first. The older ones of a pair are not in newer architectures'
/// tables; which of the two is called is libc's choice. Those for time are called where the vDSO cannot tell it.
constexpr long always[] = {
    // Waiting, reading, writing.
    SYS_read, SYS_write, SYS_ppoll, SYS_epoll_pwait, SYS_futex, SYS_clock_gettime,
#ifdef SYS_poll
    SYS_poll, SYS_epoll_wait,
#endif
    SYS_readv, SYS_writev, SYS_pread64, SYS_pwrite64, SYS_lseek, SYS_ftruncate, SYS_close, SYS_epoll_ctl, SYS_epoll_create1,
    SYS_signalfd4, SYS_eventfd2, SYS_nanosleep, SYS_clock_nanosleep, SYS_restart_syscall, SYS_sched_yield, SYS_gettimeofday,
    SYS_clock_getres,
#ifdef SYS_time
    SYS_time,
#endif
    // Looking at files.
    SYS_newfstatat, SYS_fstat, SYS_statx, SYS_statfs, SYS_fstatfs, SYS_readlinkat, SYS_faccessat, SYS_faccessat2, SYS_getdents64,
    SYS_getcwd,
#ifdef SYS_stat
    SYS_stat, SYS_lstat, SYS_readlink, SYS_access,
#endif
    // Memory.
    SYS_brk, SYS_munmap, SYS_mremap, SYS_madvise,
    // What a thread is, its signals, and its end.
    SYS_rt_sigprocmask, SYS_rt_sigaction, SYS_rt_sigreturn, SYS_sigaltstack, SYS_getpid, SYS_gettid, SYS_geteuid, SYS_getuid,
    SYS_getegid, SYS_getgid, SYS_getpgid, SYS_exit, SYS_exit_group, SYS_set_robust_list, SYS_sched_getaffinity, SYS_uname,
    SYS_sysinfo, SYS_getrandom,
#ifdef SYS_getpgrp
    SYS_getpgrp,
#endif
#ifdef SYS_rseq
    SYS_rseq,
#endif
#ifdef __SANITIZE_ADDRESS__
    SYS_pipe2,  // by which the sanitizers' own checks find out whether memory can be read
#endif
};

/// Of sockets, beside making one.
constexpr long of_sockets[] = {SYS_recvfrom,   SYS_sendto,     SYS_recvmsg,     SYS_sendmsg,     SYS_bind,    SYS_connect,
                               SYS_setsockopt, SYS_getsockopt, SYS_getsockname, SYS_getpeername, SYS_shutdown};

/// Of an argument, the bits of `mask` are `value`. They are ints to the kernel, or flags in the lower half of the register: it
/// looks at no more of it than this does.
struct Argument {
    unsigned number;
    std::uint32_t mask;
    std::uint32_t value;
};
constexpr Argument anything{0, 0, 0};

constexpr Argument is(unsigned number, std::uint64_t value) {
    return {number, ~std::uint32_t{0}, static_cast<std::uint32_t>(value)};
}

/// A call that is allowed where two arguments are so.
struct Condition {
    long number;
    Argument first;
    Argument second = anything;
};

/// Nothing becomes code: no page can be run that could not before.
constexpr Argument not_to_run{2, PROT_EXEC, 0};
constexpr std::uint32_t not_to_read = O_ACCMODE | O_CREAT | O_TRUNC;
constexpr std::uint32_t socket_type = 0xf;  // beside it are flags (SOCK_TYPE_MASK in the kernel's net.h)
constexpr Argument is_stream{1, socket_type, SOCK_STREAM}, is_raw{1, socket_type, SOCK_RAW};

constexpr Condition always_if[] = {
    {SYS_mmap, not_to_run},
    {SYS_mprotect, not_to_run},
    {SYS_openat, {2, not_to_read, O_RDONLY}},
#ifdef SYS_open
    {SYS_open, {1, not_to_read, O_RDONLY}},
#endif
    // Not F_SETOWN, which has signals sent to others.
    {SYS_fcntl, is(1, F_DUPFD_CLOEXEC)},
    {SYS_fcntl, is(1, F_GETFD)},
    {SYS_fcntl, is(1, F_SETFD)},
    {SYS_fcntl, is(1, F_GETFL)},
    // The terminal: its size, its modes and who is in front (tcsetattr's TCSADRAIN is TCSETSW).
    {SYS_ioctl, is(1, TCGETS)},
    {SYS_ioctl, is(1, TCSETSW)},
    {SYS_ioctl, is(1, TIOCGWINSZ)},
    {SYS_ioctl, is(1, TIOCGPGRP)},
    {SYS_ioctl, is(1, NS_GET_NSTYPE)},
};

/// A thread, in the namespaces of the one that makes it; no process.
constexpr std::uint32_t not_shared =
    CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET;
constexpr Argument is_thread{0, CLONE_VM | CLONE_SIGHAND | CLONE_THREAD | not_shared, CLONE_VM | CLONE_SIGHAND | CLONE_THREAD};

constexpr Condition for_kernel[] = {
    {SYS_clone, is_thread},  // rings are opened and closed side by side
    {SYS_clone3, anything},  // see put_on_no_clone3
    {SYS_socket, is(0, AF_PACKET)},
    {SYS_socket, is(0, AF_NETLINK)},
    // The older iptables tells its rules to such sockets.
    {SYS_socket, is(0, AF_INET), is_raw},
    {SYS_socket, is(0, AF_INET6), is_raw},
    {SYS_setns, is(1, CLONE_NEWNET)},
    {SYS_open_by_handle_at, {2, not_to_read, O_RDONLY}},  // a cgroup by its number
    {SYS_ioctl, is(1, PERF_EVENT_IOC_DISABLE)},           // libbpf, when a probe is let go
    {SYS_bpf, is(0, BPF_MAP_LOOKUP_ELEM)},
    {SYS_bpf, is(0, BPF_MAP_UPDATE_ELEM)},
    {SYS_bpf, is(0, BPF_MAP_DELETE_ELEM)},
    {SYS_bpf, is(0, BPF_MAP_GET_NEXT_KEY)},
    // The filter of one more namespace.
    {SYS_bpf, is(0, BPF_MAP_CREATE)},
    {SYS_bpf, is(0, BPF_PROG_LOAD)},
};

constexpr Condition for_network[] = {{SYS_socket, is(0, AF_INET), is_stream}, {SYS_socket, is(0, AF_INET6), is_stream}};

constexpr Condition for_roots[] = {{SYS_openat2, anything}};

constexpr Condition for_files[] = {
    {SYS_openat, anything},
#ifdef SYS_open
    {SYS_open, anything},
#endif
};

/// A filter as it grows. A program of classic BPF is given the number, the architecture and the arguments (seccomp_data),
/// and its value is what becomes of the call.
class Filter {
  public:
    Filter() {
        load(offsetof(seccomp_data, arch));
        add(BPF_JMP | BPF_JEQ | BPF_K, architecture, 1, 0);
        give(refuse);
        load(offsetof(seccomp_data, nr));
#ifdef __x86_64__
        // Calls of the x32 ABI have the same architecture, and numbers from here on (__X32_SYSCALL_BIT).
        add(BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 0, 1);
        give(refuse);
#endif
    }

    /// Before any condition.
    void add(std::span<const long> numbers) {
        for (const long number : numbers) {
            add(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(number), 0, 1);
            give(allow);
        }
    }
    void add(std::span<const Condition> conditions) {
        // Each comparison that fails jumps behind the rest of its condition.
        for (const Condition& condition : conditions) {
            load(offsetof(seccomp_data, nr));
            add(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(condition.number), 0, 7);
            load(condition.first);
            add(BPF_JMP | BPF_JEQ | BPF_K, condition.first.value, 0, 4);
            load(condition.second);
            add(BPF_JMP | BPF_JEQ | BPF_K, condition.second.value, 0, 1);
            give(allow);
        }
    }
    /// What becomes of all else.
    std::span<sock_filter> finish(std::uint32_t value) {
        give(value);
        return instructions_;
    }
    void refuse_as_unknown(long number) {
        add(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(number), 0, 1);
        give(SECCOMP_RET_ERRNO | ENOSYS);
    }

  private:
    void add(int code, std::uint32_t operand, std::uint8_t when_true = 0, std::uint8_t when_false = 0) {
        instructions_.push_back({static_cast<std::uint16_t>(code), when_true, when_false, operand});
    }
    void load(std::size_t offset) { add(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(offset)); }
    void load(const Argument& argument) {
        load(offsetof(seccomp_data, args) + argument.number * sizeof(std::uint64_t));
        add(BPF_ALU | BPF_AND | BPF_K, argument.mask);
    }
    void give(std::uint32_t value) { add(BPF_RET | BPF_K, value); }

    std::vector<sock_filter> instructions_;
};

// The lower half of an argument comes first.
static_assert(std::endian::native == std::endian::little);

// No code of others runs here, so that the processor need not be slowed down against it, as kernels before 5.16 do for each
// thread with a filter.
constexpr unsigned no_slower = SECCOMP_FILTER_FLAG_SPEC_ALLOW;

bool put_on(std::span<sock_filter> instructions, unsigned flags) {
    const sock_fprog program{static_cast<unsigned short>(instructions.size()), instructions.data()};
    return ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program) == 0;
}

/// clone3(2) has its flags where no filter can see them; libc makes threads by clone(2) where the kernel does not know it. A
/// filter of its own, since that is nothing to tell the log: of two filters the stricter decides.
bool put_on_no_clone3() {
    Filter filter;
    filter.refuse_as_unknown(SYS_clone3);
    return put_on(filter.finish(allow), no_slower);
}

}  // namespace

Result<void> keep_system_calls(const SystemCalls& kept) {
    constexpr const char* what = "cannot give up system calls";
    const char* wanted = std::getenv("PODSNOOP_SECCOMP");
    if (wanted != nullptr && std::string_view(wanted) == "off") return fail(what, "", "PODSNOOP_SECCOMP is off");
    Filter filter;
    filter.add(always);
    if (kept.kernel || kept.network) filter.add(of_sockets);
    filter.add(always_if);
    const Condition itself[] = {{SYS_tgkill, is(0, static_cast<std::uint64_t>(::getpid()))}};  // raise() and abort()
    filter.add(itself);
    if (kept.kernel) filter.add(for_kernel);
    if (kept.network) filter.add(for_network);
    if (kept.roots) filter.add(for_roots);
    if (kept.files) filter.add(for_files);
    if ((kept.kernel && !put_on_no_clone3()) || !put_on(filter.finish(refuse), no_slower | SECCOMP_FILTER_FLAG_LOG))
        return fail(what, "seccomp", errno == ENOSYS || errno == EINVAL ? "not compiled into this kernel" : reason_of(errno));
    return {};
}

}  // namespace podsnoop
