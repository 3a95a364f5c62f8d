#include "processes.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/wait.h>

#include <cerrno>
#include <ranges>

#include "node/reason.hpp"

namespace podsnoop {

Result<TestCgroup> TestCgroup::make(const std::string& pod_uid) {
    TestCgroup made;
    for (const char* mount : {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"}) {
        struct statfs filesystem{};
        if (::statfs(mount, &filesystem) == 0 && filesystem.f_type == CGROUP2_SUPER_MAGIC) made.mount_ = mount;
    }
    if (made.mount_.empty()) return fail("no cgroup v2 is mounted", "/sys/fs/cgroup", "");
    std::string folder = made.mount_ + "/podsnoop-test-" + std::to_string(::getpid()) + "-" + pod_uid.back();
    for (const std::string& part : {std::string(), std::string("/kubepods"), "/pod" + pod_uid, "/" + std::string(64, 'a')}) {
        folder += part;
        if (::mkdir(folder.c_str(), 0755) != 0) return fail("cannot make a cgroup", folder, reason_of(errno));
        made.folders_.push_back(folder);
    }
    return made;
}

TestCgroup::~TestCgroup() {
    for (const std::string& folder : std::views::reverse(folders_)) ::rmdir(folder.c_str());
}

TestProcess TestProcess::start(const std::string& cgroup_folder, const std::function<void()>& first) {
    int ends[2];
    REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
    const Fd ready(ends[0]);
    Fd tell(ends[1]);
    const pid_t pid = ::fork();
    REQUIRE(pid >= 0);
    if (pid == 0) {
        if (!cgroup_folder.empty()) {
            const Fd procs(::open((cgroup_folder + "/cgroup.procs").c_str(), O_WRONLY | O_CLOEXEC));
            if (::write(procs.get(), "0", 1) != 1) ::_exit(1);
        }
        first();
        if (::write(tell.get(), "", 1) != 1) ::_exit(1);
        for (;;) ::pause();
    }
    tell.reset();
    char byte = 0;
    REQUIRE(::read(ready.get(), &byte, 1) == 1);  // 0 where it died before
    return TestProcess(pid);
}

TestProcess::~TestProcess() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
}

}  // namespace podsnoop
