#include "probe/oom.hpp"

#include <utility>

namespace podsnoop {

Result<OomProbe> OomProbe::open(const Features& features) {
    std::string reasons;
    const auto refuse = [&](ProbeSource source, const std::string& why) {
        if (!reasons.empty()) reasons += "; ";
        reasons += std::string(name_of(source)) + ": " + why;
    };
    OomProbe probe;
    using enum ProbeSource;
    for (const auto& [source, capability] : {std::pair{kprobe, &features.kprobe}, {fentry, &features.fentry}}) {
        if (!capability->works) {
            refuse(source, capability->why);
            continue;
        }
        auto attached = OomBpf::attach(source, features);
        if (!attached) {
            refuse(source, attached.error().line());
            continue;
        }
        probe.bpf_ = std::move(*attached);
        probe.source_ = source;
        return probe;
    }
    return fail("cannot see OOM kills", "", reasons);
}

std::vector<int> OomProbe::poll_fds() const { return {bpf_->poll_fd()}; }

std::optional<Nanoseconds> OomProbe::patience() const { return std::nullopt; }

Result<void> OomProbe::take(std::vector<OomKill>& kills) { return bpf_->take(kills); }

Result<void> OomProbe::finish(std::vector<OomKill>& kills) { return take(kills); }

std::uint64_t OomProbe::lost() const { return bpf_->lost(); }

std::string OomProbe::lacks() const { return {}; }

}  // namespace podsnoop
