#include "probe/oom.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

namespace podsnoop {

namespace {

using namespace std::chrono_literals;

/// The lines of one kill come at once; after such a pause there are no more.
constexpr auto log_pause = 100ms;
/// How long a tracepoint's record waits for the log, which the kernel writes right after.
constexpr auto log_patience = 500ms;

/// The sizes are told in KiB.
std::optional<std::uint64_t> bytes_of(std::optional<std::int64_t> kibibytes) {
    if (!kibibytes || *kibibytes < 0) return std::nullopt;
    return static_cast<std::uint64_t>(*kibibytes) * 1024;
}

OomKill kill_of(const TracepointSample& sample, const TracepointFormat& format, const KernelClock& clock) {
    OomKill kill;
    kill.source = ProbeSource::tracepoint;
    kill.time = clock.utc(sample.time);
    OomVictim& victim = kill.victim;
    victim.pid = static_cast<std::uint32_t>(format.number(sample.record, "pid").value_or(0));
    // 72ba14deb40a, Linux 6.8; before, it told the pid only.
    victim.comm = format.text(sample.record, "comm").value_or("");
    victim.total_vm_bytes = bytes_of(format.number(sample.record, "total_vm"));
    victim.anon_rss_bytes = bytes_of(format.number(sample.record, "anon_rss"));
    victim.file_rss_bytes = bytes_of(format.number(sample.record, "file_rss"));
    victim.shmem_rss_bytes = bytes_of(format.number(sample.record, "shmem_rss"));
    victim.pgtables_bytes = bytes_of(format.number(sample.record, "pgtables"));
    if (const auto uid = format.number(sample.record, "uid")) victim.uid = static_cast<std::uint32_t>(*uid);
    if (const auto score = format.number(sample.record, "oom_score_adj"))
        victim.oom_score_adj = static_cast<std::int32_t>(*score);
    // The thread that came by; in the initial pid namespace, other than what perf itself tells.
    kill.trigger.pid = static_cast<std::uint32_t>(format.number(sample.record, "common_pid").value_or(0));
    return kill;
}

template <class T>
void fill(std::optional<T>& known, const std::optional<T>& logged) {
    if (!known) known = logged;
}
void fill(std::string& known, const std::string& logged) {
    if (known.empty()) known = logged;
}

}  // namespace

void complete(OomKill& kill, const OomKill& logged) {
    OomVictim& victim = kill.victim;
    fill(victim.comm, logged.victim.comm);
    fill(victim.cgroup, logged.victim.cgroup);
    fill(victim.uid, logged.victim.uid);
    fill(victim.total_vm_bytes, logged.victim.total_vm_bytes);
    fill(victim.anon_rss_bytes, logged.victim.anon_rss_bytes);
    fill(victim.file_rss_bytes, logged.victim.file_rss_bytes);
    fill(victim.shmem_rss_bytes, logged.victim.shmem_rss_bytes);
    fill(victim.pgtables_bytes, logged.victim.pgtables_bytes);
    fill(victim.oom_score_adj, logged.victim.oom_score_adj);
    if (kill.trigger.pid == 0) kill.trigger.pid = logged.trigger.pid;
    if (kill.trigger.pid == victim.pid) {
        fill(kill.trigger.comm, victim.comm);
        fill(kill.trigger.cgroup, victim.cgroup);
    }
    fill(kill.trigger.comm, logged.trigger.comm);
    kill.scope = logged.scope;
    kill.limit = logged.limit;
    kill.group = logged.group;
}

Result<OomProbe> OomProbe::open(const Features& features) {
    using enum ProbeSource;
    OomProbe probe;
    std::string& refused = probe.refused_;
    const auto refuse = [&](const std::string& mechanism, const std::string& why) {
        refused += (refused.empty() ? "" : "; ") + mechanism + ": " + why;
    };
    // The raw tracepoint shows its arguments only; before Linux 6.8 there is no task among them.
    Capability raw = features.raw_tracepoint;
    if (raw.works && features.btf.works && !features.victim_is_task) raw = {.works = false, .why = "it tells a process id only"};
    const std::array<std::pair<ProbeSource, const Capability*>, 3> programs{
        {{kprobe, &features.kprobe}, {fentry, &features.fentry}, {tracepoint, &raw}}};
    for (const auto& [source, capability] : programs) {
        const std::string name = source == tracepoint ? "raw tracepoint" : std::string(name_of(source));
        if (const Capability* missing = features.missing(*capability)) {
            refuse(name, missing->why);
            continue;
        }
        auto attached = OomBpf::attach(source, features);
        if (!attached) {
            refuse(name, attached.error().line());
            continue;
        }
        probe.bpf_ = std::move(*attached);
        probe.source_ = source;
        if (source != tracepoint) return probe;
        break;
    }
    if (!probe.bpf_) {
        auto opened = features.tracepoint.works ? Tracepoint::open("oom/mark_victim") : fail("", "", features.tracepoint.why);
        if (opened) {
            probe.tracepoint_ = std::move(*opened);
            probe.source_ = tracepoint;
        } else {
            refuse("tracepoint", opened.error().why);
        }
    }
    auto log = features.kmsg.works ? KernelLog::open() : fail("", "", features.kmsg.why);
    if (log) probe.log_ = std::move(*log);
    else refuse("kmsg", log.error().why);
    if (!probe.bpf_ && !probe.tracepoint_ && !probe.log_)
        return fail("cannot see OOM kills", "", refused, ::geteuid() == 0 ? "" : "run as root");
    return probe;
}

std::vector<int> OomProbe::poll_fds() const {
    std::vector<int> fds;
    if (tracepoint_) fds = tracepoint_->poll_fds();
    if (bpf_) fds.push_back(bpf_->poll_fd());
    if (log_) fds.push_back(log_->poll_fd());
    return fds;
}

std::optional<Nanoseconds> OomProbe::patience() const {
    if (log_kills_.holds_any() || !waiting_.empty()) return log_pause;
    return std::nullopt;
}

void OomProbe::take_samples(std::vector<OomKill>& kills) {
    clock_.refresh();
    tracepoint_->take([&](const TracepointSample& sample) { kills.push_back(kill_of(sample, tracepoint_->format(), clock_)); });
}

Result<void> OomProbe::take(std::vector<OomKill>& kills) {
    // Never behind the log, which is written after.
    std::vector<OomKill> told;
    if (tracepoint_) take_samples(told);
    if (bpf_)
        if (auto taken = bpf_->take(told); !taken) return taken;
    if (!log_) {
        std::ranges::move(told, std::back_inserter(kills));
        return {};
    }
    for (OomKill& kill : told) waiting_.push_back({std::move(kill), Clock::now() + log_patience});
    if (log_->read_into(log_kills_)) log_spoke_ = Clock::now();
    join(kills, false);
    return {};
}

void OomProbe::join(std::vector<OomKill>& kills, bool at_end) {
    std::vector<OomKill> logged;
    if (at_end || Clock::now() >= log_spoke_ + log_pause) logged = log_kills_.flush();
    if (source_ == ProbeSource::kmsg) {
        std::ranges::move(logged, std::back_inserter(kills));
        return;
    }
    Time group_time;
    std::erase_if(waiting_, [&](Waiting& each) {
        const auto same = [&](const OomKill& kill) { return kill.victim.pid == each.kill.victim.pid; };
        const auto found = std::ranges::find_if(logged, same);
        if (found == logged.end() && Clock::now() < each.until && !at_end) return false;
        if (found != logged.end()) {
            complete(each.kill, *found);
            // The kernel marks one victim after the other; what ties them together is when it decided.
            if (found->group.empty() || group_time == Time{}) group_time = each.kill.time;
            else each.kill.time = group_time;
            logged.erase(found);
        }
        kills.push_back(std::move(each.kill));
        return true;
    });
}

Result<void> OomProbe::finish(std::vector<OomKill>& kills) {
    if (auto taken = take(kills); !taken) return taken;
    if (log_) join(kills, true);
    return {};
}

ProbeLosses OomProbe::lost() const {
    ProbeLosses lost;
    if (bpf_) lost.ring_full = bpf_->lost();
    if (tracepoint_) lost.ring_full = tracepoint_->lost();
    if (log_) lost.log_gaps = log_->lost();
    return lost;
}

std::string OomProbe::lacks() const {
    if (source_ == ProbeSource::kprobe || source_ == ProbeSource::fentry) return {};
    const std::string lacks = source_ == ProbeSource::kmsg ? "without the limit where it kills more than ten times in 5 s"
                              : log_ ? "with the limit from the kernel's log, except where it kills more than ten times in 5 s"
                              : bpf_ ? "without the limit"
                              : tracepoint_->format().has("comm") ? "without cgroups and the limit"
                                                                  : "with the process id alone";
    return lacks + " (" + refused_ + ")";
}

}  // namespace podsnoop
