#include "node/netns.hpp"

#include <fcntl.h>
#include <linux/magic.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/letters.hpp"
#include "node/reason.hpp"

namespace podsnoop {

namespace {

constexpr const char* what = "cannot open network namespace";
constexpr const char* own_path = "/proc/thread-self/ns/net";

/// Whether a descriptor is of a network namespace. NS_GET_NSTYPE needs Linux 4.11.
bool is_network_namespace(int fd) {
    struct statfs filesystem{};
    return ::fstatfs(fd, &filesystem) == 0 && filesystem.f_type == NSFS_MAGIC && ::ioctl(fd, NS_GET_NSTYPE) == CLONE_NEWNET;
}

std::unexpected<Error> cannot_enter(int error) {
    return fail("cannot enter network namespace", "", reason_of(error),
                error == EPERM ? "run as root or with CAP_SYS_ADMIN" : "");
}

}  // namespace

Result<NetworkNamespace> NetworkNamespace::at(const std::string& path, const std::string& shown) {
    NetworkNamespace found;
    found.fd_ = Fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!found.fd_) {
        const int error = errno;
        const bool denied = error == EACCES || error == EPERM;
        return fail(what, shown, reason_of(error), denied ? "run as root or with CAP_SYS_PTRACE" : "");
    }
    struct stat status{};
    if (::fstat(found.fd_.get(), &status) != 0) return fail(what, shown, reason_of(errno));
    if (!is_network_namespace(found.fd_.get())) return fail(what, shown, "not a network namespace");
    found.inode_ = status.st_ino;
    return found;
}

Result<NetworkNamespace> NetworkNamespace::current() { return at(own_path, own_path); }

Result<NetworkNamespace> NetworkNamespace::open(std::string_view pid_path_or_name) {
    const std::string name(pid_path_or_name);
    if (name.empty()) return fail(what, "", "no name given", "write a process id, a path or a name");
    if (name.contains('/')) return at(name, name);
    if (name == "." || name == "..") return fail(what, name, "not a name");
    // `ip netns add 7` is possible, though a process id is likelier meant.
    if (std::ranges::all_of(name, is_digit)) {
        if (auto found = at("/proc/" + name + "/ns/net", name); found || ::access(("/proc/" + name).c_str(), F_OK) == 0)
            return found;
    }
    for (const char* folder : {"/run/netns/", "/var/run/netns/"}) {
        const std::string path = folder + name;
        if (::access(path.c_str(), F_OK) == 0) return at(path, name);
    }
    return fail(what, name, "no such process or namespace", "`ip netns list` shows the named ones");
}

Result<NetnsVisit> NetnsVisit::enter(const NetworkNamespace& target) {
    auto home = NetworkNamespace::current();
    if (!home) return std::unexpected(home.error());
    NetnsVisit visit;
    if (home->inode() == target.inode()) return visit;
    visit.home_ = Fd(::fcntl(home->fd(), F_DUPFD_CLOEXEC, 0));
    if (!visit.home_ || ::setns(target.fd(), CLONE_NEWNET) != 0) {
        const int error = errno;
        visit.home_.reset();
        return cannot_enter(error);
    }
    return visit;
}

Result<void> NetnsVisit::leave() {
    if (!home_) return {};
    if (::setns(home_.get(), CLONE_NEWNET) != 0) return fail("cannot return to the own network namespace", "", reason_of(errno));
    home_.reset();
    return {};
}

Result<void> try_to_enter(const NetworkNamespace& target) {
    const auto home = NetworkNamespace::current();
    if (!home) return std::unexpected(home.error());
    // The kernel asks the same of whoever enters the namespace it is in.
    if (home->inode() == target.inode()) return ::setns(target.fd(), CLONE_NEWNET) == 0 ? Result<void>() : cannot_enter(errno);
    auto visit = NetnsVisit::enter(target);
    if (!visit) return std::unexpected(visit.error());
    return visit->leave();
}

}  // namespace podsnoop
