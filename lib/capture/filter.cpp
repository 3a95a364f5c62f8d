#include "capture/filter.hpp"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <http_filter.h>
#include <http_filter.skel.h>
#include <sys/random.h>
#include <sys/resource.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <vector>

#include "node/bpf_constant.hpp"
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

/// Whether arrays can begin where a page does, as those do that can be mapped (from Linux 5.5 on). Else a slot may
/// lie in two cache lines.
bool can_align_arrays() {
    bpf_map_create_opts options{};
    options.sz = sizeof(options);
    options.map_flags = BPF_F_MMAPABLE;
    const Fd trial(bpf_map_create(BPF_MAP_TYPE_ARRAY, "http_trial", sizeof(std::uint32_t), sizeof(http_slot), 1, &options));
    return static_cast<bool>(trial);
}

http_flow flow_of(const FlowHint& hint, std::uint32_t interface) {
    http_flow flow{};
    std::memcpy(flow.source, hint.source.address.bytes.data(), sizeof(flow.source));
    std::memcpy(flow.destination, hint.destination.address.bytes.data(), sizeof(flow.destination));
    flow.ports = std::uint32_t{hint.source.port} << 16 | hint.destination.port;
    flow.interface = interface;
    return flow;
}

http_slot slot_of(const FlowHint& hint, std::uint32_t tag) {
    http_slot slot{};
    switch (hint.kind) {
        case FlowHint::Kind::not_http:
            slot.tag = tag;
            slot.state = HTTP_SLOT_IGNORE;
            break;
        case FlowHint::Kind::elsewhere:
            slot.tag = tag;
            slot.state = HTTP_SLOT_UNWANTED;
            break;
        case FlowHint::Kind::body: {
            const bool endless = hint.length == FlowHint::until_fin;
            const auto first = static_cast<std::uint32_t>(std::min<std::uint64_t>(hint.length, HTTP_SKIP_SPAN));
            slot.tag = tag;
            slot.state = HTTP_SLOT_SKIP;
            slot.from = hint.from;
            slot.until = hint.from + first;
            slot.left = endless ? HTTP_LEFT_UNTIL_FIN : hint.length - first;
            break;
        }
        case FlowHint::Kind::keep: break;  // an empty slot
    }
    return slot;
}

}  // namespace

void PacketFilter::Destroy::operator()(http_filter* skeleton) const noexcept { http_filter::destroy(skeleton); }

Result<PacketFilter> PacketFilter::load(const FilterOptions& options) {
    constexpr const char* what = "cannot load the packet filter";
    // libbpf would print on standard error; what it says of the reason is in errno too.
    libbpf_set_print(nullptr);
    raise_memlock();
    PacketFilter filter;
    filter.skeleton_.reset(http_filter::open());
    if (!filter.skeleton_) return fail(what, "", reason_of(errno));
    if (::getrandom(filter.seed_.data(), sizeof(filter.seed_), 0) != static_cast<ssize_t>(sizeof(filter.seed_)))
        return fail(what, "", reason_of(errno));
    filter.keep_ = options.keep;
    const bool http = options.keep == Keep::http;
    const bool has_bpf_loop =
        options.bpf_loop && libbpf_probe_bpf_helper(BPF_PROG_TYPE_SOCKET_FILTER, BPF_FUNC_loop, nullptr) == 1;
    const auto& programs = filter.skeleton_->progs;
    bpf_program* const wanted = http ? (has_bpf_loop ? programs.http_filter : programs.http_filter_5_4)
                                     : (has_bpf_loop ? programs.tcp_filter : programs.tcp_filter_5_4);
    for (bpf_program* each : {programs.http_filter, programs.tcp_filter, programs.http_filter_5_4, programs.tcp_filter_5_4})
        bpf_program__set_autoload(each, each == wanted);
    bpf_map__set_autocreate(filter.skeleton_->maps.flows, http);
    if (can_align_arrays())
        bpf_map__set_map_flags(filter.skeleton_->maps.flows, bpf_map__map_flags(filter.skeleton_->maps.flows) | BPF_F_MMAPABLE);
    auto* constants = filter.skeleton_->rodata;
    static_assert(sizeof(filter.seed_) == sizeof(constants->hash_seed));
    std::memcpy(settable(constants->hash_seed), filter.seed_.data(), sizeof(filter.seed_));
    settable(constants->body_preview) = options.body_preview;
    settable(constants->decapsulate) = options.decapsulate ? 1 : 0;
    if (const int error = -http_filter::load(filter.skeleton_.get()); error != 0)
        return fail(what, "", reason_of(error), error == EPERM || error == EACCES ? privileges : "it needs Linux 5.4 or later");
    filter.program_fd_ = bpf_program__fd(wanted);
    return filter;
}

Result<Fd> PacketFilter::program_for(std::uint32_t namespace_number) {
    constexpr const char* what = "cannot load the packet filter";
    constexpr std::uint32_t first = 0;
    if (!callees_) {
        callees_ = Fd(bpf_map_create(BPF_MAP_TYPE_PROG_ARRAY, "http_callees", sizeof(first), sizeof(int), 1, nullptr));
        const int filter = program_fd();
        if (!callees_ || bpf_map_update_elem(callees_.get(), &first, &filter, BPF_ANY) != 0)
            return fail(what, "program array", reason_of(errno), privileges);
    }
    // cb[] is the filter's own for the time it runs, and survives the tail call.
    const std::array<bpf_insn, 8> program{{
        {BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_3, 0, 0, static_cast<std::int32_t>(namespace_number)},
        {BPF_STX | BPF_MEM | BPF_W, BPF_REG_1, BPF_REG_3, offsetof(__sk_buff, cb), 0},
        {BPF_LD | BPF_DW | BPF_IMM, BPF_REG_2, BPF_PSEUDO_MAP_FD, 0, callees_.get()},
        {},  // the upper half of the address
        {BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_3, 0, 0, static_cast<std::int32_t>(first)},
        {BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_tail_call},
        {BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, 0},  // not reached while the filter is in the array
        {BPF_JMP | BPF_EXIT, 0, 0, 0, 0},
    }};
    Fd entry(bpf_prog_load(BPF_PROG_TYPE_SOCKET_FILTER, "http_entry", "Dual BSD/GPL", program.data(), program.size(), nullptr));
    if (!entry) return fail(what, "entry program", reason_of(errno), privileges);
    return entry;
}

RingRoom PacketFilter::room_of(std::uint32_t namespace_number) const {
    // Not mapped before Linux 5.5.
    if (skeleton_->bss == nullptr) return {};
    return {skeleton_->bss->rooms[namespace_number % HTTP_ROOMS], namespace_number};
}

Result<PacketCounts> PacketFilter::counts() const {
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
        sum.dropped_ring_full += one.dropped_full;
    }
    return sum;
}

void PacketFilter::hint(const FlowHint& hint, std::uint32_t interface_index, std::uint32_t namespace_number) {
    const std::uint32_t generation = room_of(namespace_number).generation();
    const http_flow flow = flow_of(hint, http_interface(interface_index, namespace_number, generation));
    const http_flow_name name = http_name_of(&flow, seed_.data());
    const std::uint32_t index = http_slot_index(name);
    const int flows = bpf_map__fd(skeleton_->maps.flows);
    http_slot slot = slot_of(hint, http_slot_tag(name)), before{};
    // Where its last message starts stays known.
    if (bpf_map_lookup_elem(flows, &index, &before) == 0 && before.tag == slot.tag) {
        slot.seq = before.seq;
        slot.ack = before.ack;
    }
    static_cast<void>(bpf_map_update_elem(flows, &index, &slot, BPF_ANY));
}

}  // namespace podsnoop
