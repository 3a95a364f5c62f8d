// Who had an address, a port or a namespace when, as far as asking now and then can tell.
#pragma once

#include <algorithm>
#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "base/time.hpp"

namespace podsnoop {

/// A stretch of time in which a pod had something: possible in (from, until), sure in [seen, sure].
struct Tenure {
    Time from;                ///< not yet: the pod started here, or was seen without it
    Time seen;                ///< first seen with it
    Time sure = Time::max();  ///< last seen with it while not terminating; max as long as that is so
    Time until = Time::max();  ///< seen without it, or gone; max while it has it

    [[nodiscard]] bool is_possible(Time time) const { return from < time && time < until; }
    [[nodiscard]] bool is_sure(Time time) const { return seen <= time && time <= sure && time < until; }
    /// What holds of it at any time after this one holds at all of them.
    [[nodiscard]] Time settled() const {
        Time last = std::max(from, seen);
        for (const Time end : {sure, until})
            if (end != Time::max()) last = std::max(last, end);
        return last;
    }
};

/// One look at a pod.
struct Sighting {
    Time now;
    Time previous;     ///< when one looked before that; Time::min() where this is the first time
    Time started;      ///< of the pod; 1970 where unknown
    bool terminating = false;  ///< it may have let go of what it still names
};

/// How long what is past is kept: a record is told when its exchange is over, and its pod may be gone by then. Exchanges
/// without an answer are given up after 60 s unless told otherwise.
inline constexpr Nanoseconds grace = std::chrono::minutes(5);

/// Whether `end` is longer ago than the grace.
inline bool is_forgotten(Time end, Time now) { return later(end, grace) < now; }

/// What one pod has and had of a kind.
template <class Value>
class Holdings {
  public:
    struct Entry {
        Value value;
        Tenure tenure;
    };

    /// The pod was seen, and has exactly these.
    void see(std::span<const Value> values, const Sighting& sighting) {
        // What it has first it may have had since it started: it is told of a second or two after it has an address.
        const bool is_first = !has_had_any_ && sighting.started != Time{};
        const Time from = is_first ? sighting.started : sighting.previous;
        values = values.first(std::min(values.size(), max_values));
        for (Entry& entry : entries_)
            if (std::ranges::find(values, entry.value) == values.end()) end(entry.tenure, sighting.now, sighting.previous);
        for (const Value& value : values) {
            auto current = std::ranges::find_if(
                entries_, [&](const Entry& entry) { return entry.value == value && entry.tenure.until == Time::max(); });
            if (current == entries_.end()) {
                entries_.push_back({value, {.from = from, .seen = sighting.now}});
                current = entries_.end() - 1;
            }
            if (sighting.terminating) current->tenure.sure = std::min(current->tenure.sure, sighting.previous);
        }
        has_had_any_ = has_had_any_ || !entries_.empty();
        while (entries_.size() > max_entries)
            entries_.erase(std::ranges::find_if(entries_, [](const Entry& e) { return e.tenure.until != Time::max(); }));
    }

    /// The pod has none of them from `time` on; it was seen with them last at `previous`.
    void release(Time time, Time previous) {
        for (Entry& entry : entries_) end(entry.tenure, time, previous);
    }

    /// The pod, never seen while it ran, had this.
    void add_past(const Value& value, Time from, Time until) {
        entries_.push_back({value, {.from = from, .seen = until, .sure = from, .until = until}});
    }

    void forget(Time now) {
        std::erase_if(entries_, [&](const Entry& entry) { return is_forgotten(entry.tenure.until, now); });
    }

    [[nodiscard]] const std::vector<Entry>& entries() const { return entries_; }

  private:
    static constexpr std::size_t max_values = 128, max_entries = 2 * max_values;

    static void end(Tenure& tenure, Time time, Time previous) {
        if (tenure.until != Time::max()) return;
        tenure.until = time;
        tenure.sure = std::min(tenure.sure, previous);
    }

    std::vector<Entry> entries_;  // oldest first
    bool has_had_any_ = false;
};

/// Finds the holder of a value at a time. Holders are pointed at, and must stay where they are. It is made at once and then
/// looked up in for each record: those of a bucket stand side by side.
template <class Value, class Holder, class Hash = std::hash<Value>>
class HolderTable {
  public:
    void clear() {
        claims_.clear();
        buckets_.clear();
        settled_ = Time::min();
    }
    /// Until sort(), at() does not know of it.
    void add(const Holder& holder, const Holdings<Value>& holdings) {
        for (const auto& entry : holdings.entries()) {
            claims_.push_back({entry.value, &holder, entry.tenure});
            settled_ = std::max(settled_, entry.tenure.settled());
        }
    }
    void sort() {
        const std::size_t count = std::bit_ceil(claims_.size() + 1);
        mask_ = count - 1;
        std::ranges::stable_sort(claims_, {}, [&](const Claim& claim) { return bucket_of(claim.value); });
        buckets_.assign(count + 1, static_cast<std::uint32_t>(claims_.size()));
        for (std::size_t i = claims_.size(); i-- > 0;) buckets_[bucket_of(claims_[i].value)] = static_cast<std::uint32_t>(i);
        for (std::size_t bucket = count; bucket-- > 0;) buckets_[bucket] = std::min(buckets_[bucket], buckets_[bucket + 1]);
    }

    /// The one that surely had it, else the only one that possibly had; null where that could be said of two.
    [[nodiscard]] const Holder* at(const Value& value, Time time) const {
        if (claims_.empty()) return nullptr;
        const Holder* found = nullptr;
        bool is_sure = false, is_one_of_many = false;
        const std::size_t bucket = bucket_of(value);
        for (const Claim& claim : std::span(claims_).subspan(buckets_[bucket], buckets_[bucket + 1] - buckets_[bucket])) {
            if (claim.value != value || !claim.tenure.is_possible(time)) continue;
            const bool also_sure = claim.tenure.is_sure(time);
            if (is_sure && !also_sure) continue;
            is_one_of_many = is_sure == also_sure && found != nullptr && (is_one_of_many || found != claim.holder);
            found = claim.holder;
            is_sure = also_sure;
        }
        return is_one_of_many ? nullptr : found;
    }
    /// at() says the same of all times after this one.
    [[nodiscard]] Time settled() const { return settled_; }

  private:
    struct Claim {
        Value value;
        const Holder* holder;
        Tenure tenure;
    };
    [[nodiscard]] std::size_t bucket_of(const Value& value) const { return Hash{}(value)&mask_; }

    std::vector<Claim> claims_;           // by bucket
    std::vector<std::uint32_t> buckets_;  // where each begins, and the end of the last
    std::size_t mask_ = 0;
    Time settled_ = Time::min();
};

}  // namespace podsnoop
