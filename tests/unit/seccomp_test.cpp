#include <doctest/doctest.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <thread>

#include "node/capabilities.hpp"
#include "node/seccomp.hpp"

using namespace podsnoop;

namespace {

constexpr int no_filter = 255, no_such_entry = 254;

/// The errno that a call gives (0: none) in a process that gave up what `kept` does not name.
int outcome(const SystemCalls& kept, long (*call)()) {
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        if (!keep_capabilities(0) || !keep_system_calls(kept)) ::_exit(no_filter);
        errno = 0;
        const long result = call();
        ::_exit(result < 0 ? errno : 0);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV) return no_such_entry;
    REQUIRE(WIFEXITED(status));
    REQUIRE(WEXITSTATUS(status) != no_filter);
    return WEXITSTATUS(status);
}

constexpr SystemCalls nothing_more{}, everything{.kernel = true, .network = true, .files = true};

/// Whether a call is refused, whatever is kept.
bool never(long (*call)()) { return outcome(nothing_more, call) == EPERM && outcome(everything, call) == EPERM; }

long make_socket(int family, int type) { return ::socket(family, type, 0); }

}  // namespace

TEST_CASE("Who gave up system calls starts no program and no process") {
    CHECK(never([] {
        char name[] = "/bin/true", *arguments[] = {name, nullptr};
        return static_cast<long>(::execve(name, arguments, nullptr));
    }));
    CHECK(never([] { return ::syscall(SYS_execveat, AT_FDCWD, "/bin/true", nullptr, nullptr, 0); }));
    CHECK(never([] { return static_cast<long>(::fork()); }));
    // Where libc may make threads it takes the way whose flags can be looked at.
    const auto clone3 = [] { return ::syscall(SYS_clone3, nullptr, 0); };
    CHECK(outcome(nothing_more, clone3) == EPERM);
    CHECK(outcome(everything, clone3) == ENOSYS);
    const auto thread = [] {
        std::thread([] {}).join();
        return 0L;
    };
    CHECK(outcome({.kernel = true}, thread) == 0);
    CHECK(never([] { return ::syscall(SYS_clone, CLONE_VM | CLONE_VFORK | SIGCHLD, nullptr, nullptr, nullptr, nullptr); }));
    CHECK(never([] {
        return ::syscall(SYS_clone, CLONE_VM | CLONE_SIGHAND | CLONE_THREAD | CLONE_NEWUSER, nullptr, nullptr, nullptr, nullptr);
    }));
}

TEST_CASE("Who gave up system calls touches no other process and changes nothing of the system") {
    CHECK(never([] { return static_cast<long>(::kill(::getppid(), 0)); }));
    CHECK(never([] { return ::syscall(SYS_tgkill, ::getppid(), ::getppid(), 0); }));
    CHECK(never([] { return static_cast<long>(::fcntl(STDIN_FILENO, F_SETOWN, ::getppid())); }));
    CHECK(never([] { return ::syscall(SYS_ptrace, -1, 0, 0, 0); }));
    CHECK(never([] { return ::syscall(SYS_process_vm_readv, ::getppid(), nullptr, 0, nullptr, 0, 0); }));
    CHECK(never([] { return ::syscall(SYS_mount, nullptr, nullptr, nullptr, 0, nullptr); }));
    CHECK(never([] { return static_cast<long>(::unshare(0)); }));
    CHECK(never([] { return static_cast<long>(::prctl(PR_GET_DUMPABLE)); }));
    CHECK(never([] { return ::syscall(SYS_personality, 0xffffffff); }));
    CHECK(never([] { return ::syscall(SYS_io_uring_setup, 1, nullptr); }));
    CHECK(never([] { return static_cast<long>(::setns(-1, CLONE_NEWNS)); }));
    CHECK(never([] { return static_cast<long>(::unlink("/no/such/file")); }));
}

TEST_CASE("Nothing becomes code") {
    CHECK(never([] {
        return ::mmap(nullptr, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED ? -1L : 0L;
    }));
    CHECK(never([] { return static_cast<long>(::mprotect(nullptr, 0, PROT_EXEC)); }));
    CHECK(outcome(nothing_more, [] {
              return ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED ? -1L : 0L;
          }) == 0);
}

TEST_CASE("What is kept works, and that alone") {
    const auto read_file = [] { return static_cast<long>(::open("/proc/self/status", O_RDONLY | O_CLOEXEC)); };
    const auto write_file = [] { return static_cast<long>(::open("/dev/null", O_WRONLY | O_CLOEXEC)); };
    const auto make_file = [] { return static_cast<long>(::open("/dev/null", O_RDONLY | O_CREAT, 0600)); };
    CHECK(outcome(nothing_more, read_file) == 0);
    CHECK(outcome(nothing_more, write_file) == EPERM);
    CHECK(outcome(nothing_more, make_file) == EPERM);
    CHECK(outcome({.kernel = true, .network = true}, write_file) == EPERM);
    CHECK(outcome({.files = true}, write_file) == 0);

    const auto internet = [] { return make_socket(AF_INET, SOCK_STREAM); };
    const auto netlink = [] { return make_socket(AF_NETLINK, SOCK_RAW); };
    CHECK(outcome(nothing_more, internet) == EPERM);
    CHECK(outcome(nothing_more, netlink) == EPERM);
    CHECK(outcome({.kernel = true}, internet) == EPERM);
    CHECK(outcome({.kernel = true}, netlink) == 0);
    CHECK(outcome({.network = true}, internet) == 0);
    CHECK(outcome({.network = true}, netlink) == EPERM);
    CHECK(never([] { return make_socket(AF_UNIX, SOCK_STREAM); }));
    CHECK(never([] { return make_socket(AF_UNIX, SOCK_RAW); }));
    CHECK(never([] { return make_socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC); }));
    CHECK(never([] { return static_cast<long>(::listen(-1, 1)); }));

    const auto enter = [] { return static_cast<long>(::setns(-1, CLONE_NEWNET)); };
    CHECK(outcome(nothing_more, enter) == EPERM);
    CHECK(outcome({.kernel = true}, enter) == EBADF);
    CHECK(outcome(nothing_more, [] { return static_cast<long>(::raise(0)); }) == 0);
}

#ifdef __x86_64__
TEST_CASE("Other tables of system calls are no way around it") {
    // x32 has the same numbers, above this bit.
    CHECK(never([] { return ::syscall(0x40000000 + SYS_getpid); }));
    const int i386 = outcome(everything, [] {
        constexpr long i386_getpid = 20;
        long result = i386_getpid;
        asm volatile("int $0x80" : "+a"(result)::"memory");
        if (result < 0 && result > -4096) errno = static_cast<int>(-result);
        return result;
    });
    CHECK((i386 == EPERM || i386 == no_such_entry));  // the latter of a kernel without it
}
#endif

TEST_CASE("The environment can switch it off") {
    ::setenv("PODSNOOP_SECCOMP", "off", 1);
    const auto kept = keep_system_calls({});
    ::unsetenv("PODSNOOP_SECCOMP");
    REQUIRE(!kept);
    CHECK(kept.error().line() == "cannot give up system calls: PODSNOOP_SECCOMP is off");
}
