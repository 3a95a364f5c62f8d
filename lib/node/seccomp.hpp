// Which system calls a thread may make, and giving up all others: what bytes from outside could ever make it do ends
// there (seccomp(2), the kernel's Documentation/userspace-api/seccomp_filter.rst).
#pragma once

#include "base/result.hpp"

namespace podsnoop {

/// What a thread needs beside working on files that are open, reading further ones, memory, and waiting.
struct SystemCalls {
    bool kernel = false;   ///< packet and netlink sockets, BPF maps and programs, network namespaces, threads
    bool network = false;  ///< TCP connections to others
    bool roots = false;    ///< follow links below another root directory, which lets files be written as well: openat2(2) has
                           ///< its flags where no filter can see them
    bool files = false;    ///< open files to write them
};

/// The calling thread gives up all other system calls, for good, and so have threads that it starts. What it then
/// tries fails with EPERM and is told in the kernel's log, so that a call forgotten here costs an answer, not the program.
/// Fails where there is no seccomp, or PODSNOOP_SECCOMP=off in the environment. It wants no_new_privs, as
/// keep_capabilities() leaves it.
Result<void> keep_system_calls(const SystemCalls& kept);

}  // namespace podsnoop
