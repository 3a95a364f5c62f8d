#include "probe/btf_trial.hpp"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <btf_trial.skel.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <charconv>
#include <memory>
#include <string_view>

#include "base/fd.hpp"
#include "node/bpf_constant.hpp"
#include "node/file.hpp"
#include "node/netns.hpp"

namespace podsnoop {

namespace {

struct DestroyTrial {
    void operator()(btf_trial* skeleton) const noexcept { btf_trial::destroy(skeleton); }
};

/// The number at the start of a file.
long number_in(const char* path) {
    constexpr std::size_t enough = 64;
    const std::string text = read_file(path, enough).value_or("");
    long number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
}

}  // namespace

bool are_types_of_this_kernel(const std::string& btf_file) {
    const Fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    const auto netns = NetworkNamespace::current();
    if (!socket || !netns || ::bind(socket.get(), generic, sizeof address) != 0 ||
        ::getsockname(socket.get(), generic, &size) != 0)
        return false;

    LIBBPF_OPTS(bpf_object_open_opts, options);
    options.btf_custom_path = btf_file.c_str();
    const std::unique_ptr<btf_trial, DestroyTrial> skeleton(btf_trial::open(&options));
    if (!skeleton) return false;
    auto* known = skeleton->rodata;
    settable(known->netns) = static_cast<__u32>(netns->inode());
    settable(known->descriptor) = static_cast<__u32>(socket.get());
    settable(known->port) = ntohs(address.sin_port);
    settable(known->oom_score_adj) = static_cast<__s16>(number_in("/proc/thread-self/oom_score_adj"));
    settable(known->total_vm_pages) = static_cast<__u64>(number_in("/proc/thread-self/statm"));
    if (btf_trial::load(skeleton.get()) != 0) return false;
    LIBBPF_OPTS(bpf_test_run_opts, run);
    if (bpf_prog_test_run_opts(bpf_program__fd(skeleton->progs.btf_trial), &run) != 0) return true;
    return run.retval == 1;
}

}  // namespace podsnoop
