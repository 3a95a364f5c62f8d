#include "probe/oom_bpf.hpp"

#include <oom.h>
#include <oom.skel.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <ctime>
#include <limits>

#include "node/bpf_constant.hpp"
#include "node/reason.hpp"
#include "probe/cgroup_names.hpp"
#include "probe/links.hpp"

namespace podsnoop {

namespace {

struct DestroyOom {
    void operator()(oom* skeleton) const noexcept { oom::destroy(skeleton); }
};

/// A cgroup without a limit has one of all the pages that can be numbered (PAGE_COUNTER_MAX).
std::optional<std::uint64_t> bytes_of_limit(std::uint64_t pages, std::uint64_t page) {
    const std::uint64_t unlimited = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()) / page;
    if (pages >= unlimited) return std::nullopt;
    return pages * page;
}

std::optional<std::uint64_t> bytes_of(std::int64_t pages, std::uint64_t page) {
    if (pages < 0) return std::nullopt;
    return static_cast<std::uint64_t>(pages) * page;
}

OomKill kill_of(const oom_event& event, ProbeSource source, const KernelClock& clock) {
    const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
    OomKill kill;
    kill.time = clock.utc(event.time);
    kill.source = source;
    OomVictim& victim = kill.victim;
    victim.pid = event.victim_pid;
    victim.comm = text_of(event.victim_comm);
    victim.cgroup = path_of(event.victim_cgroup);
    victim.uid = event.victim_uid;
    victim.oom_score_adj = event.oom_score_adj;
    victim.anon_rss_bytes = bytes_of(event.anon_pages, page);
    victim.file_rss_bytes = bytes_of(event.file_pages, page);
    victim.shmem_rss_bytes = bytes_of(event.shmem_pages, page);
    if (victim.anon_rss_bytes) {
        victim.total_vm_bytes = event.total_vm_pages * page;
        victim.pgtables_bytes = event.pgtables_bytes;
    }
    kill.trigger.pid = event.trigger_pid;
    kill.trigger.comm = text_of(event.trigger_comm);
    kill.trigger.cgroup = path_of(event.trigger_cgroup);
    kill.group = path_of(event.group_cgroup);
    if (event.scope == OOM_SCOPE_NODE) kill.scope = OomScope::node;
    if (event.scope == OOM_SCOPE_CGROUP) {
        kill.scope = OomScope::cgroup;
        kill.limit = OomLimit{.cgroup = path_of(event.limit_cgroup),
                              .pod = nullptr,
                              .bytes = bytes_of_limit(event.limit_pages, page),
                              .usage_bytes = event.usage_pages * page};
    }
    return kill;
}

}  // namespace

/// Where libbpf's callback finds it, whatever happens to the OomBpf around it. Links go before the skeleton.
struct OomBpf::State {
    std::unique_ptr<oom, DestroyOom> skeleton;
    Link decided, member, marked;
    Ring ring;
    ProbeSource source = ProbeSource::kprobe;
    KernelClock clock{CLOCK_BOOTTIME};
    std::vector<OomKill>* kills = nullptr;

    static int receive(void* context, void* data, std::size_t size) {
        State& state = *static_cast<State*>(context);
        oom_event event;
        if (size < sizeof event) return 0;
        std::memcpy(&event, data, sizeof event);
        state.kills->push_back(kill_of(event, state.source, state.clock));
        return 0;
    }
};

OomBpf::OomBpf(std::unique_ptr<State> state) : state_(std::move(state)) {}
OomBpf::OomBpf(OomBpf&&) noexcept = default;
OomBpf& OomBpf::operator=(OomBpf&&) noexcept = default;
OomBpf::~OomBpf() = default;

Result<OomBpf> OomBpf::attach(ProbeSource by, const Features& features) {
    constexpr const char* what = "cannot probe OOM kills";
    auto state = std::make_unique<State>();
    LIBBPF_OPTS(bpf_object_open_opts, options);
    if (!features.btf_file.empty()) options.btf_custom_path = features.btf_file.c_str();
    state->skeleton.reset(oom::open(&options));
    if (!state->skeleton) return fail(what, "", reason_of(errno));
    const auto& programs = state->skeleton->progs;
    const bool kprobe = by == ProbeSource::kprobe, fentry = by == ProbeSource::fentry;
    bpf_program__set_autoload(programs.oom_decided_kprobe, kprobe);
    bpf_program__set_autoload(programs.oom_member_kprobe, kprobe);
    bpf_program__set_autoload(programs.oom_decided_fentry, fentry);
    bpf_program__set_autoload(programs.oom_member_fentry, fentry);
    auto* constants = state->skeleton->rodata;
    settable(constants->has_reason) = kprobe || fentry;
    settable(constants->victim_is_task) = features.victim_is_task;
    if (const int error = -oom::load(state->skeleton.get()); error != 0) return fail(what, "", reason_of(error));

    // First whoever listens, so that no reason is left behind for nobody.
    auto marked = podsnoop::attach(programs.oom_marked);
    if (!marked) return std::unexpected(marked.error());
    state->marked = std::move(*marked);
    const Symbols& symbols = features.symbols;
    // Groups are missed where the kernel has no such function, not the rest.
    if (kprobe && !symbols.oom_kill_memcg_member.empty()) {
        auto member = attach_kprobe(programs.oom_member_kprobe, symbols.oom_kill_memcg_member);
        if (!member) return std::unexpected(member.error());
        state->member = std::move(*member);
    } else if (fentry) {
        auto member = podsnoop::attach(programs.oom_member_fentry);
        if (!member) return std::unexpected(member.error());
        state->member = std::move(*member);
    }
    if (kprobe || fentry) {
        auto decided = kprobe ? attach_kprobe(programs.oom_decided_kprobe, symbols.oom_kill_process)
                              : podsnoop::attach(programs.oom_decided_fentry);
        if (!decided) return std::unexpected(decided.error());
        state->decided = std::move(*decided);
    }
    state->source = by;
    state->ring.reset(ring_buffer__new(bpf_map__fd(state->skeleton->maps.events), &State::receive, state.get(), nullptr));
    if (!state->ring) return fail(what, "ring buffer", reason_of(errno));
    return OomBpf(std::move(state));
}

int OomBpf::poll_fd() const { return ring_buffer__epoll_fd(state_->ring.get()); }

Result<void> OomBpf::take(std::vector<OomKill>& kills) {
    state_->kills = &kills;
    state_->clock.refresh();
    const int count = ring_buffer__consume(state_->ring.get());
    state_->kills = nullptr;
    if (count < 0) return fail("cannot read OOM kills", "ring buffer", reason_of(-count));
    return {};
}

std::uint64_t OomBpf::lost() const {
    // Mapped, and written by the kernel meanwhile.
    return __atomic_load_n(&state_->skeleton->bss->lost, __ATOMIC_RELAXED);
}

}  // namespace podsnoop
