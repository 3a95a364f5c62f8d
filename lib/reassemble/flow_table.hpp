// Connections by their two endpoints, bounded in number.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/address.hpp"
#include "base/pool.hpp"
#include "base/time.hpp"

namespace podsnoop {

/// A connection's endpoints in an order that is the same whoever sent the segment.
struct FlowKey {
    Endpoint ends[2];         ///< ends[0] < ends[1]
    std::uint32_t scope = 0;  ///< Segment::scope
    bool operator==(const FlowKey&) const = default;
};

/// Mixes two words into one, every bit of both mattering (a 64x64 -> 128 bit product folded).
inline std::uint64_t mix(std::uint64_t a, std::uint64_t b) {
    __extension__ using Wide = unsigned __int128;
    const Wide product = static_cast<Wide>(a ^ 0x9e3779b97f4a7c15) * (b ^ 0xd1b54a32d192ed03);
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

inline std::uint64_t mix(std::uint64_t hash, const Endpoint& end) {
    const auto words = end.address.words();
    hash = mix(hash ^ words[0], words[1] ^ end.port);
    return hash;
}

/// Every bit of it matters, and of the seed.
inline std::uint64_t hash_of(const FlowKey& key, std::uint64_t seed) {
    return mix(mix(seed ^ key.scope, key.ends[0]), key.ends[1]);
}

/// Names an entry while it is in a table; used again after it was removed.
using FlowId = std::uint32_t;

/// At most `limit` entries. An Entry has a FlowKey `key`, FlowIds `next_in_bucket`, `finished_before` and `finished_after`
/// (the table's own), a function finish_time() (the table's own where it is finished), and flags `finished` (the table's own)
/// and `touched` (seen since the last search for one to evict: set it).
template <class Entry>
class FlowTable {
  public:
    using Id = FlowId;
    static constexpr Id none = Pool<Entry>::none;

    /// `seed` keeps others from choosing endpoints that collide.
    FlowTable(std::size_t limit, std::uint64_t seed)
        : pool_(limit), buckets_(std::bit_ceil(limit), none), seed_(seed), present_(limit, false) {}

    /// The entry of these endpoints, or `none`.
    [[nodiscard]] Id find(const FlowKey& key) const {
        for (Id id = buckets_[bucket_of(key)]; id != none; id = pool_[id].next_in_bucket)
            if (pool_[id].key == key) return id;
        return none;
    }
    /// A fresh entry, or `none` when all are in use: `victim()` says which to remove.
    Id insert(const FlowKey& key) {
        const Id id = pool_.take();
        if (id == none) return none;
        Entry& entry = pool_[id];
        entry = Entry{};
        entry.key = key;
        Id& head = buckets_[bucket_of(key)];
        entry.next_in_bucket = head;
        head = id;
        present_[id] = true;
        return id;
    }
    void remove(Id id) {
        Id* link = &buckets_[bucket_of(pool_[id].key)];
        while (*link != id) link = &pool_[*link].next_in_bucket;
        *link = pool_[id].next_in_bucket;
        if (const Entry& entry = pool_[id]; entry.finished) {
            const Id before = entry.finished_before, after = entry.finished_after;
            (before == none ? first_finished_ : pool_[before].finished_after) = after;
            (after == none ? last_finished_ : pool_[after].finished_before) = before;
        }
        pool_[id] = Entry{};
        present_[id] = false;
        pool_.give_back(id);
    }
    /// The one that finished first; else one that was not seen for long. Needs a full table.
    Id victim() {
        if (first_finished_ != none) return first_finished_;
        // The clock algorithm: go round, and take the first that was not seen since the last time round.
        for (;; ++hand_) {
            if (hand_ >= pool_.made()) hand_ = 0;
            if (!present_[hand_]) continue;
            if (!pool_[hand_].touched) return hand_++;
            pool_[hand_].touched = false;
        }
    }

    Entry& operator[](Id id) { return pool_[id]; }
    const Entry& operator[](Id id) const { return pool_[id]; }

    /// Marks it finished; `expire_finished` takes it away later.
    void finish(Id id, Time now) {
        Entry& entry = pool_[id];
        entry.finished = true;
        entry.finish_time() = now;
        entry.finished_before = last_finished_;
        entry.finished_after = none;
        (last_finished_ == none ? first_finished_ : pool_[last_finished_].finished_after) = id;
        last_finished_ = id;
    }
    void expire_finished(Time before) {
        while (first_finished_ != none && pool_[first_finished_].finish_time() < before) remove(first_finished_);
    }

    /// Calls visit(id) for every entry, in an order that does not depend on the seed. The table must not change meanwhile,
    /// except by `finish`.
    template <class Visit>
    void for_each(Visit visit) {
        for (Id id = 0; id < pool_.made(); ++id)
            if (present_[id]) visit(id);
    }

  private:
    [[nodiscard]] std::size_t bucket_of(const FlowKey& key) const { return hash_of(key, seed_) & (buckets_.size() - 1); }

    Pool<Entry> pool_;
    std::vector<Id> buckets_;  // a power of two
    Id first_finished_ = none, last_finished_ = none;
    std::uint64_t seed_;
    Id hand_ = 0;  // where the search for a victim goes on
    std::vector<bool> present_;
};

}  // namespace podsnoop
