#include "probe/netstat_backlog.hpp"

#include <algorithm>
#include <utility>

namespace podsnoop {

namespace {

bool is_same(const ListenerState& a, const ListenerState& b) { return a.listener.endpoint == b.listener.endpoint; }

/// The listeners that have no room for one more.
std::vector<ListenerState> full_of(const NamespaceLook& look) {
    std::vector<ListenerState> full;
    for (const ListenerState& state : look.listeners)
        if (state.limit && state.length > *state.limit) full.push_back(state);
    return full;
}

}  // namespace

void NetstatBacklog::take(Time now, std::span<const NamespaceLook> looks, std::vector<BacklogOverflow>& overflows) {
    std::map<std::uint64_t, Before> seen;
    for (const NamespaceLook& look : looks) {
        std::vector<ListenerState> full = full_of(look);
        const auto found = before_.find(look.netns);
        // Overflows from before tracing are not told.
        const std::uint64_t known = found != before_.end() ? found->second.overflows : any_ ? 0 : look.overflows;
        std::vector<ListenerState> suspects = full;
        if (found != before_.end())
            for (const ListenerState& state : found->second.full)
                if (std::ranges::none_of(suspects, [&](const ListenerState& each) { return is_same(each, state); })) suspects.push_back(state);
        if (look.overflows > known) {
            BacklogOverflow overflow;
            overflow.time = now;
            overflow.source = ProbeSource::netstat;
            overflow.count = look.overflows - known;
            overflow.listener.netns = look.netns;
            if (suspects.size() == 1) {
                overflow.listener = suspects.front().listener;
                overflow.length = suspects.front().length;
                overflow.limit = suspects.front().limit;
            }
            overflows.push_back(std::move(overflow));
        }
        seen[look.netns] = {look.overflows, std::move(full)};
    }
    before_ = std::move(seen);
    any_ = true;
}

}  // namespace podsnoop
