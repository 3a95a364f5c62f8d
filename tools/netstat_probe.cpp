#include "netstat_probe.hpp"

#include <algorithm>

namespace podsnoop {

Result<NetstatProbe> NetstatProbe::open(NodeListeners& listeners, Nanoseconds interval) {
    NetstatProbe probe(listeners, interval);
    std::vector<BacklogOverflow> none;
    if (!probe.look(none, true))
        return fail("cannot see queues overflow", "", "no network namespace can be looked at", "run as root");
    return probe;
}

std::optional<Nanoseconds> NetstatProbe::patience() const { return std::max<Nanoseconds>(next_ - Clock::now(), Nanoseconds{0}); }

Result<void> NetstatProbe::take(std::vector<BacklogOverflow>& overflows) {
    if (Clock::now() >= next_) look(overflows, false);
    return {};
}

Result<void> NetstatProbe::finish(std::vector<BacklogOverflow>& overflows) {
    look(overflows, true);
    return {};
}

/// Whether there was any namespace.
bool NetstatProbe::look(std::vector<BacklogOverflow>& overflows, bool anew) {
    const Time now = std::chrono::time_point_cast<Nanoseconds>(std::chrono::system_clock::now());
    const std::vector<NamespaceLook> looks = listeners_->look(now, anew);
    backlog_.take(now, looks, overflows);
    next_ = Clock::now() + interval_;
    return !looks.empty();
}

}  // namespace podsnoop
