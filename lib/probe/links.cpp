#include "probe/links.hpp"

#include <cerrno>

#include "node/reason.hpp"

namespace podsnoop {

namespace {

Result<Link> owned(bpf_link* link, const std::string& on) {
    constexpr int not_supported = 524;  // ENOTSUPP, which only the kernel knows: of a function with too many arguments
    if (link == nullptr) return fail("cannot attach a probe", on, errno == not_supported ? "not supported" : reason_of(errno));
    return Link(link);
}

}  // namespace

Result<Link> attach(bpf_program* program) { return owned(bpf_program__attach(program), bpf_program__name(program)); }

Result<Link> attach_kprobe(bpf_program* program, const std::string& function) {
    if (function.empty()) return fail("cannot attach a probe", bpf_program__name(program), "the kernel has no such function");
    return owned(bpf_program__attach_kprobe(program, false, function.c_str()), function);
}

}  // namespace podsnoop
