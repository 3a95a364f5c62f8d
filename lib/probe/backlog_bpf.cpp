#include "probe/backlog_bpf.hpp"

#include <backlog.h>
#include <backlog.skel.h>
#include <bpf/bpf.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <map>
#include <span>

#include "node/bpf_constant.hpp"
#include "node/reason.hpp"
#include "probe/cgroup_names.hpp"
#include "probe/links.hpp"
#include "probe/syn_queue_trial.hpp"

namespace podsnoop {

namespace {

using Clock = std::chrono::steady_clock;

/// Listeners that did not overflow for so long make room for others, where there is little.
constexpr auto forget_after = std::chrono::minutes(1);
constexpr std::size_t crowded = BACKLOG_LISTENERS / 2;

struct DestroyBacklog {
    void operator()(backlog* skeleton) const noexcept { backlog::destroy(skeleton); }
};

/// The kernel's key, compared as bytes.
struct Key {
    backlog_key key;
    bool operator<(const Key& other) const { return std::memcmp(&key, &other.key, sizeof key) < 0; }
};

/// What is known here of a listener in the kernel's map.
struct Told {
    std::uint64_t count = 0;  ///< how much of the kernel's count stands in records
    std::string cgroup;       ///< empty where unknown
    Clock::time_point at;     ///< of its last record
};

Endpoint endpoint_of(const __u8 (&address)[16], std::uint8_t family, std::uint16_t port) {
    const std::size_t size = family == 6 ? 16 : family == 4 ? 4 : 0;
    return {.address = Address::from(std::as_bytes(std::span(address)).first(size)), .port = port};
}

BacklogOverflow overflow_of(const backlog_key& key, const backlog_value& value, const KernelClock& clock) {
    BacklogOverflow overflow;
    overflow.time = clock.utc(value.time);
    overflow.listener.endpoint = endpoint_of(key.address, key.family, key.port);
    overflow.listener.netns = key.netns;
    overflow.queue =
        key.kind == BACKLOG_ACCEPT_AT_SYN || key.kind == BACKLOG_ACCEPT_AT_ACK ? ListenQueue::accept : ListenQueue::syn;
    overflow.stage = key.kind == BACKLOG_ACCEPT_AT_ACK ? HandshakeStage::ack : HandshakeStage::syn;
    overflow.cookie = key.kind == BACKLOG_SYN_COOKIE;
    overflow.length = value.length;
    overflow.limit = value.limit;
    overflow.client = endpoint_of(value.client, value.client_family, value.client_port);
    return overflow;
}

}  // namespace

/// Where libbpf's callback finds it, whatever happens to the BacklogBpf around it. Links go before the skeleton.
struct BacklogBpf::State {
    std::unique_ptr<backlog, DestroyBacklog> skeleton;
    std::array<Link, 3> links;
    Ring ring;
    ProbeSource source = ProbeSource::kprobe;
    BacklogOptions options;
    KernelClock clock{CLOCK_BOOTTIME};
    std::map<Key, Told> told;
    std::vector<Key> news;             // listeners with an event that was not looked at yet
    std::optional<Clock::time_point> next_round;  // nothing while no listener overflows

    static int receive(void* context, void* data, std::size_t size);
    bool tell(const Key& key, Clock::time_point now, std::vector<BacklogOverflow>& overflows);
    bool tell_all(Clock::time_point now, std::vector<BacklogOverflow>& overflows);
    void forget(Clock::time_point now);
};

int BacklogBpf::State::receive(void* context, void* data, std::size_t size) {
    State& state = *static_cast<State*>(context);
    backlog_event event;
    if (size < sizeof event) return 0;
    std::memcpy(&event, data, sizeof event);
    const Key key{event.key};
    std::string cgroup = path_of(event.cgroup);
    // Where version 1 rules, nobody moves processes there.
    state.told[key].cgroup = cgroup == "/" ? "" : std::move(cgroup);
    state.news.push_back(key);
    return 0;
}

/// Makes a record of what a listener's count has grown by.
bool BacklogBpf::State::tell(const Key& key, Clock::time_point now, std::vector<BacklogOverflow>& overflows) {
    backlog_value value;
    if (bpf_map_lookup_elem(bpf_map__fd(skeleton->maps.overflows), &key.key, &value) != 0) return false;
    Told& known = told[key];
    if (value.count <= known.count) return false;
    BacklogOverflow overflow = overflow_of(key.key, value, clock);
    overflow.source = source;
    overflow.count = value.count - known.count;
    overflow.listener.cgroup = known.cgroup;
    overflows.push_back(std::move(overflow));
    known.count = value.count;
    known.at = now;
    return true;
}

bool BacklogBpf::State::tell_all(Clock::time_point now, std::vector<BacklogOverflow>& overflows) {
    const int map = bpf_map__fd(skeleton->maps.overflows);
    bool any = false;
    std::vector<Key> keys;
    Key key{};
    for (const Key* previous = nullptr; bpf_map_get_next_key(map, previous, &key.key) == 0 && keys.size() < BACKLOG_LISTENERS;
         previous = &keys.back())
        keys.push_back(key);
    for (const Key& each : keys) any = tell(each, now, overflows) || any;
    return any;
}

void BacklogBpf::State::forget(Clock::time_point now) {
    if (told.size() < crowded) return;
    std::erase_if(told, [&](const auto& entry) {
        if (now < entry.second.at + forget_after) return false;
        bpf_map_delete_elem(bpf_map__fd(skeleton->maps.overflows), &entry.first.key);
        return true;
    });
}

BacklogBpf::BacklogBpf(std::unique_ptr<State> state) : state_(std::move(state)) {}
BacklogBpf::BacklogBpf(BacklogBpf&&) noexcept = default;
BacklogBpf& BacklogBpf::operator=(BacklogBpf&&) noexcept = default;
BacklogBpf::~BacklogBpf() = default;

Result<BacklogBpf> BacklogBpf::attach(ProbeSource by, const Features& features, const BacklogOptions& options) {
    constexpr const char* what = "cannot probe listeners";
    auto state = std::make_unique<State>();
    LIBBPF_OPTS(bpf_object_open_opts, open_options);
    if (!features.btf_file.empty()) open_options.btf_custom_path = features.btf_file.c_str();
    state->skeleton.reset(backlog::open(&open_options));
    if (!state->skeleton) return fail(what, "", reason_of(errno));
    const auto& programs = state->skeleton->progs;
    const Symbols& symbols = features.symbols;
    struct Hook {
        bpf_program* by_kprobe;
        bpf_program* by_fentry;
        const std::string& function;
    };
    // Without IPv6 there is no such function, and nothing is missed.
    const std::array<Hook, 3> hooks{
        {{programs.backlog_syn_kprobe, programs.backlog_syn_fentry, symbols.tcp_conn_request},
         {programs.backlog_ack_v4_kprobe, programs.backlog_ack_v4_fentry, symbols.tcp_v4_syn_recv_sock},
         {programs.backlog_ack_v6_kprobe, programs.backlog_ack_v6_fentry, symbols.tcp_v6_syn_recv_sock}}};
    const bool kprobe = by == ProbeSource::kprobe;
    for (const Hook& hook : hooks) {
        const bool wanted = &hook != &hooks.back() || !hook.function.empty();
        bpf_program__set_autoload(hook.by_kprobe, wanted && kprobe);
        bpf_program__set_autoload(hook.by_fentry, wanted && !kprobe);
    }
    auto* constants = state->skeleton->rodata;
    settable(constants->interval_ns) = static_cast<std::uint64_t>(options.interval.count());
    settable(constants->watch_syn_queue) = options.syn_queue;
    if (options.syn_queue) {
        const auto extra = try_syn_queue();
        if (!extra) return std::unexpected(extra.error());
        settable(constants->syn_queue_extra) = *extra;
    }
    if (const int error = -backlog::load(state->skeleton.get()); error != 0) return fail(what, "", reason_of(error));
    for (std::size_t i = 0; i < hooks.size(); ++i) {
        bpf_program* program = kprobe ? hooks[i].by_kprobe : hooks[i].by_fentry;
        if (!bpf_program__autoload(program)) continue;
        auto link = kprobe ? attach_kprobe(program, hooks[i].function) : podsnoop::attach(program);
        if (!link) return std::unexpected(link.error());
        state->links[i] = std::move(*link);
    }
    state->source = by;
    state->options = options;
    state->ring.reset(ring_buffer__new(bpf_map__fd(state->skeleton->maps.events), &State::receive, state.get(), nullptr));
    if (!state->ring) return fail(what, "ring buffer", reason_of(errno));
    return BacklogBpf(std::move(state));
}

int BacklogBpf::poll_fd() const { return ring_buffer__epoll_fd(state_->ring.get()); }

std::optional<Nanoseconds> BacklogBpf::patience() const {
    if (!state_->next_round) return std::nullopt;
    return std::max<Nanoseconds>(*state_->next_round - Clock::now(), Nanoseconds{0});
}

Result<void> BacklogBpf::take(std::vector<BacklogOverflow>& overflows, bool at_end) {
    State& state = *state_;
    const int count = ring_buffer__consume(state.ring.get());
    if (count < 0) return fail("cannot read overflows", "ring buffer", reason_of(-count));
    state.clock.refresh();
    const auto now = Clock::now();
    // At once, unless it had its turn just now: then the next round is soon.
    for (const Key& key : std::exchange(state.news, {})) {
        const auto found = state.told.find(key);
        if (found != state.told.end() && found->second.at != Clock::time_point{} &&
            now < found->second.at + state.options.interval)
            continue;
        state.tell(key, now, overflows);
    }
    if (count > 0 && !state.next_round) state.next_round = now + state.options.interval;
    if (at_end || (state.next_round && now >= *state.next_round)) {
        const bool any = state.tell_all(now, overflows);
        state.forget(now);
        // No event comes from a listener within an interval after its last one: one more round sees what came then.
        if (any || count > 0) state.next_round = now + state.options.interval;
        else state.next_round.reset();
    }
    return {};
}

ProbeLosses BacklogBpf::lost() const {
    // Mapped, and written by the kernel meanwhile.
    const auto* counters = state_->skeleton->bss;
    return {.ring_full = __atomic_load_n(&counters->events_lost, __ATOMIC_RELAXED),
            .table_full = __atomic_load_n(&counters->uncounted, __ATOMIC_RELAXED)};
}

}  // namespace podsnoop
