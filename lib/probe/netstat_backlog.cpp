#include "probe/netstat_backlog.hpp"

#include <algorithm>
#include <utility>

namespace podsnoop {

namespace {

/// Remembered, with those that cannot be looked at for a while.
constexpr std::size_t most_namespaces = 16'384;

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
    ++round_;
    for (const NamespaceLook& look : looks) {
        std::vector<ListenerState> full = full_of(look);
        const auto [found, is_new] = before_.try_emplace(look.netns);
        Before& before = found->second;
        // Overflows from before tracing are not told. A counter that went back is that of another namespace with this inode.
        if (is_new && round_ == 1) before.overflows = look.overflows;
        if (look.overflows < before.overflows) before.overflows = 0;
        std::vector<ListenerState> suspects = full;
        for (const ListenerState& state : before.full)
            if (std::ranges::none_of(suspects, [&](const ListenerState& each) { return is_same(each, state); }))
                suspects.push_back(state);
        if (look.overflows > before.overflows) {
            BacklogOverflow overflow;
            overflow.time = now;
            overflow.source = ProbeSource::netstat;
            overflow.count = look.overflows - before.overflows;
            overflow.listener.netns = look.netns;
            if (suspects.size() == 1) {
                overflow.listener = suspects.front().listener;
                overflow.length = suspects.front().length;
                overflow.limit = suspects.front().limit;
            }
            overflows.push_back(std::move(overflow));
        }
        before = {.overflows = look.overflows, .full = std::move(full), .round = round_};
    }
    if (before_.size() > most_namespaces) std::erase_if(before_, [&](const auto& each) { return each.second.round != round_; });
}

}  // namespace podsnoop
