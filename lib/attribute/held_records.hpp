// Records that ended before the node answered whose they are. They wait for it, for a moment.
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "attribute/connection_key.hpp"
#include "base/time.hpp"

namespace podsnoop {

/// `Record`: a NetworkRecord.
template <class Record>
class HeldRecords {
  public:
    /// Something was asked about a connection: its records wait until then. Where very much is asked they do not.
    void asked(const ConnectionKey& connection, Time until) {
        if (waiting_.size() >= connections_limit || !waiting_.try_emplace(connection).second) return;
        deadlines_.push_back({until, connection});
    }

    /// All records wait until then, or until `answered_all`. Where they wait already it is for no longer, so that
    /// pods that come and go without end stop nothing.
    void hold_all(Time until) {
        if (!all_until_) all_until_ = until;
    }

    /// Keeps a copy where an answer about its connection is due. False: tell it now.
    bool keep(const Record& record) { return (all_until_ || !waiting_.empty()) && keep_waiting(record); }

    /// Calls tell(record) for each that waited for this answer, in the order in which they ended.
    template <class Tell>
    void answered(const ConnectionKey& connection, Tell tell) {
        auto found = waiting_.extract(connection);
        if (found.empty()) return;
        kept_ -= found.mapped().size();
        for (Record& record : found.mapped()) tell(record);
        // Deadlines of what was answered are not kept for as long as they last: there may be ten times as many.
        while (!deadlines_.empty() && !waiting_.contains(deadlines_.front().second)) deadlines_.pop_front();
    }

    /// Those that waited for no answer about their own connection are told; the others wait for it on.
    template <class Tell>
    void answered_all(Tell tell) {
        all_until_.reset();
        kept_ -= all_.size();
        for (Record& record : std::exchange(all_, {}))
            if (!keep(record)) tell(record);
    }

    /// The same for those that need not wait any longer.
    template <class Tell>
    void advance(Time now, Tell tell) {
        if (all_until_ && *all_until_ <= now) answered_all(tell);
        while (!deadlines_.empty() && deadlines_.front().first <= now) {
            const ConnectionKey connection = deadlines_.front().second;
            deadlines_.pop_front();
            answered(connection, tell);
        }
    }
    template <class Tell>
    void finish(Tell tell) {
        answered_all(tell);
        advance(Time::max(), tell);
    }

    [[nodiscard]] bool empty() const { return kept_ == 0; }

  private:
    static constexpr std::size_t connections_limit = 8192, records_limit = 16384;

    bool keep_waiting(const Record& record) {
        if (kept_ >= records_limit) return false;
        if (all_until_) {
            all_.push_back(record);
            ++kept_;
            return true;
        }
        const auto found = waiting_.find({record.netns, record.client.endpoint, record.server.endpoint});
        if (found == waiting_.end()) return false;
        found->second.push_back(record);
        ++kept_;
        return true;
    }

    std::unordered_map<ConnectionKey, std::vector<Record>, ConnectionKey::Hash> waiting_;
    // In the order of asking, which is that of their time, from the first on that still waits. Of one behind it that was
    // answered, and asked about again between other ends of the same names, the earlier deadline counts.
    std::deque<std::pair<Time, ConnectionKey>> deadlines_;
    std::vector<Record> all_;      // while all wait
    std::optional<Time> all_until_;
    std::size_t kept_ = 0;           // in all_ and waiting_
};

}  // namespace podsnoop
