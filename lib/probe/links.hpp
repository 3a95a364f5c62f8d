// What libbpf hands out, each with one owner.
#pragma once

#include <bpf/libbpf.h>

#include <memory>
#include <string>

#include "base/result.hpp"

namespace podsnoop {

struct DestroyLink {
    void operator()(bpf_link* link) const noexcept { bpf_link__destroy(link); }
};
using Link = std::unique_ptr<bpf_link, DestroyLink>;

struct FreeRing {
    void operator()(ring_buffer* ring) const noexcept { ring_buffer__free(ring); }
};
using Ring = std::unique_ptr<ring_buffer, FreeRing>;

/// As the program's section says.
Result<Link> attach(bpf_program* program);
/// To a function by the name that this kernel has for it; empty where it has none.
Result<Link> attach_kprobe(bpf_program* program, const std::string& function);

}  // namespace podsnoop
