#include "capture/filter.hpp"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <http_filter.h>
#include <http_filter.skel.h>
#include <sys/random.h>
#include <sys/resource.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <vector>

#include "node/reason.hpp"

namespace podsnoop {

namespace {

constexpr const char* privileges = "run as root or with CAP_BPF, CAP_NET_RAW and CAP_NET_ADMIN";

/// Before 5.11 maps count against RLIMIT_MEMLOCK, 64 KiB by default. Where it cannot be raised loading fails,
/// and says so.
void raise_memlock() {
    const rlimit unlimited{RLIM_INFINITY, RLIM_INFINITY};
    static_cast<void>(::setrlimit(RLIMIT_MEMLOCK, &unlimited));
}

http_flow flow_of(const FlowHint& hint, std::uint32_t interface_index) {
    http_flow flow{};
    std::memcpy(flow.source, hint.source.address.bytes.data(), sizeof(flow.source));
    std::memcpy(flow.destination, hint.destination.address.bytes.data(), sizeof(flow.destination));
    flow.ports = std::uint32_t{hint.source.port} << 16 | hint.destination.port;
    flow.ifindex = interface_index;
    return flow;
}

http_slot slot_of(const FlowHint& hint, std::uint32_t tag) {
    http_slot slot{};
    switch (hint.kind) {
        case FlowHint::Kind::not_http:
            slot.tag = tag;
            slot.state = HTTP_SLOT_IGNORE;
            break;
        case FlowHint::Kind::body: {
            const bool endless = hint.length == FlowHint::until_fin;
            const auto first =
                static_cast<std::uint32_t>(std::min<std::uint64_t>(hint.length, HTTP_SKIP_SPAN));
            slot.tag = tag;
            slot.state = HTTP_SLOT_SKIP;
            slot.from = hint.from;
            slot.until = hint.from + first;
            slot.left = endless ? HTTP_LEFT_UNTIL_FIN : hint.length - first;
            break;
        }
        case FlowHint::Kind::keep:
            break;  // an empty slot
    }
    return slot;
}

}  // namespace

void HttpFilter::Destroy::operator()(http_filter* skeleton) const noexcept { http_filter::destroy(skeleton); }

Result<HttpFilter> HttpFilter::load(const FilterOptions& options) {
    constexpr const char* what = "cannot load the packet filter";
    // libbpf would print on standard error; what it says of the reason is in errno too.
    libbpf_set_print(nullptr);
    raise_memlock();
    HttpFilter filter;
    filter.skeleton_.reset(http_filter::open());
    if (!filter.skeleton_) return fail(what, "", reason_of(errno));
    if (::getrandom(filter.seed_.data(), sizeof(filter.seed_), 0) !=
        static_cast<ssize_t>(sizeof(filter.seed_)))
        return fail(what, "", reason_of(errno));
    auto* constants = filter.skeleton_->rodata;
    // The skeleton says const volatile, since the program may not write it; it is ours until loaded.
    std::memcpy(const_cast<std::uint32_t*>(constants->hash_seed), filter.seed_.data(), sizeof(filter.seed_));
    const_cast<std::uint32_t&>(constants->body_preview) = options.body_preview;
    const_cast<std::uint32_t&>(constants->decapsulate) = options.decapsulate ? 1 : 0;
    if (const int error = -http_filter::load(filter.skeleton_.get()); error != 0)
        return fail(what, "", reason_of(error),
                    error == EPERM || error == EACCES ? privileges : "it needs Linux 5.4 or later");
    return filter;
}

int HttpFilter::program_fd() const noexcept { return bpf_program__fd(skeleton_->progs.http_filter); }

Result<PacketCounts> HttpFilter::counts() const {
    constexpr const char* what = "cannot read the packet filter's counters";
    const int cpus = libbpf_num_possible_cpus();
    if (cpus <= 0) return fail(what, "", reason_of(-cpus));
    std::vector<http_filter_counts> each(static_cast<std::size_t>(cpus));
    const std::uint32_t zero = 0;
    if (bpf_map_lookup_elem(bpf_map__fd(skeleton_->maps.counts), &zero, each.data()) != 0)
        return fail(what, "", reason_of(errno), privileges);
    PacketCounts sum;
    for (const http_filter_counts& one : each) {
        sum.seen += one.seen;
        sum.kept += one.kept;
        sum.skipped_not_tcp += one.skipped_not_tcp;
        sum.skipped_not_selected += one.skipped_not_selected;
        sum.skipped_not_http += one.skipped_not_http;
        sum.skipped_body += one.skipped_body;
        sum.skipped_ack += one.skipped_ack;
    }
    return sum;
}

void HttpFilter::hint(const FlowHint& hint, std::uint32_t interface_index) {
    const http_flow flow = flow_of(hint, interface_index);
    const std::uint64_t hash = http_flow_hash(&flow, seed_.data());
    const std::uint32_t index = http_slot_index(hash);
    const http_slot slot = slot_of(hint, http_slot_tag(hash));
    static_cast<void>(bpf_map_update_elem(bpf_map__fd(skeleton_->maps.flows), &index, &slot, BPF_ANY));
}

}  // namespace podsnoop
