// Connections by their two endpoints, bounded in number.
#pragma once

#include <array>
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

/// The same in 16 bytes, not 44, where the addresses are IPv4. Of others it says where the table keeps them.
struct PackedFlowKey {
    /// No IPv4 address of a first end: behind it comes none but itself. That one is kept as others are.
    static constexpr std::uint32_t elsewhere = 0xffffffff;

    std::array<std::uint32_t, 2> addresses{};  ///< as they lie in memory; or `elsewhere`, and the place
    std::array<std::uint16_t, 2> ports{};
    std::uint32_t scope = 0;

    using Words = std::array<std::uint64_t, 2>;
    [[nodiscard]] Words words() const { return std::bit_cast<Words>(*this); }
    bool operator==(const PackedFlowKey& other) const {
        const Words a = words(), b = other.words();
        return a[0] == b[0] && a[1] == b[1];
    }
    [[nodiscard]] bool is_elsewhere() const { return addresses[0] == elsewhere; }

    /// Of IPv4 addresses; one that is_elsewhere(), without a place, of others.
    static PackedFlowKey of(const FlowKey& key) {
        PackedFlowKey packed{.addresses = {elsewhere, 0}, .ports = {key.ends[0].port, key.ends[1].port}, .scope = key.scope};
        const Address &first = key.ends[0].address, &second = key.ends[1].address;
        if (first.family == 4 && second.family == 4) packed.addresses = {first.v4_word(), second.v4_word()};
        return packed;
    }
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

/// Every bit of them matters, and of the seed.
inline std::uint64_t hash_of(const FlowKey& key, std::uint64_t seed) {
    return mix(mix(seed ^ key.scope, key.ends[0]), key.ends[1]);
}
inline std::uint64_t hash_of(const PackedFlowKey& key, std::uint64_t seed) {
    const auto words = key.words();
    return mix(mix(seed ^ words[0], std::rotl(seed, 32) ^ words[1]), seed);
}

/// Names an entry while it is in a table; used again after it was removed.
using FlowId = std::uint32_t;

/// At most `limit` entries. An Entry has a PackedFlowKey `key` and a FlowId `next_in_bucket` (the table's own), functions
/// finish_time(), finished_before() and finished_after() that give a Time and FlowIds (the table's own where it is finished), and
/// flags `finished` (the table's own) and `touched` (seen since the last search for one to evict: set it).
template <class Entry>
class FlowTable {
  public:
    using Id = FlowId;
    static constexpr Id none = Pool<Entry>::none;

    /// `seed` keeps others from choosing endpoints that collide.
    FlowTable(std::size_t limit, std::uint64_t seed)
        : pool_(limit), wide_(limit), buckets_(std::bit_ceil(limit), none), seed_(seed), present_(limit, false) {}

    /// The entry of these endpoints, or `none`.
    [[nodiscard]] [[gnu::noinline]] Id find(const FlowKey& key) const {
        const PackedFlowKey packed = PackedFlowKey::of(key);
        return packed.is_elsewhere() ? find_wide(key, packed) : find(packed);
    }
    /// The same for a key that is all there.
    [[nodiscard]] Id find(const PackedFlowKey& packed) const {
        for (Id id = buckets_[bucket_of(packed)]; id != none; id = pool_[id].next_in_bucket)
            if (pool_[id].key == packed) return id;
        return none;
    }
    /// Sets the ends of an entry's key.
    void get_ends(Id id, Endpoint (&ends)[2]) const {
        const PackedFlowKey key = pool_[id].key;
        if (key.is_elsewhere()) [[unlikely]] {
            const Addresses& addresses = wide_[key.addresses[1]];
            ends[0] = {addresses[0], key.ports[0]};
            ends[1] = {addresses[1], key.ports[1]};
            return;
        }
        ends[0] = {Address::v4(key.addresses[0]), key.ports[0]};
        ends[1] = {Address::v4(key.addresses[1]), key.ports[1]};
    }
    /// A fresh entry, or `none` when all are in use: `victim()` says which to remove.
    Id insert(const FlowKey& key) {
        const Id id = pool_.take();
        if (id == none) return none;
        Entry& entry = pool_[id];
        entry = Entry{};
        entry.key = PackedFlowKey::of(key);
        if (entry.key.is_elsewhere()) {
            const auto place = wide_.take();
            wide_[place] = {key.ends[0].address, key.ends[1].address};
            entry.key.addresses[1] = place;
        }
        Id& head = buckets_[bucket_of(id)];
        entry.next_in_bucket = head;
        head = id;
        present_[id] = true;
        return id;
    }
    void remove(Id id) {
        Id* link = &buckets_[bucket_of(id)];
        while (*link != id) link = &pool_[*link].next_in_bucket;
        *link = pool_[id].next_in_bucket;
        Entry& entry = pool_[id];
        if (entry.finished) {
            const Id before = entry.finished_before(), after = entry.finished_after();
            (before == none ? first_finished_ : pool_[before].finished_after()) = after;
            (after == none ? last_finished_ : pool_[after].finished_before()) = before;
        }
        if (entry.key.is_elsewhere()) wide_.give_back(entry.key.addresses[1]);
        entry = Entry{};
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
        entry.finished_before() = last_finished_;
        entry.finished_after() = none;
        (last_finished_ == none ? first_finished_ : pool_[last_finished_].finished_after()) = id;
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
    using Addresses = std::array<Address, 2>;

    template <class Key>
    [[nodiscard]] std::size_t bucket_of(const Key& key) const {
        return hash_of(key, seed_) & (buckets_.size() - 1);
    }
    [[nodiscard]] std::size_t bucket_of(Id id) const {
        const PackedFlowKey& key = pool_[id].key;
        if (!key.is_elsewhere()) return bucket_of(key);
        FlowKey wide{.ends = {}, .scope = key.scope};
        get_ends(id, wide.ends);
        return bucket_of(wide);
    }
    [[nodiscard]] Id find_wide(const FlowKey& key, PackedFlowKey packed) const {
        for (Id id = buckets_[bucket_of(key)]; id != none; id = pool_[id].next_in_bucket) {
            const PackedFlowKey& candidate = pool_[id].key;
            packed.addresses[1] = candidate.addresses[1];
            if (candidate == packed && wide_[packed.addresses[1]] == Addresses{key.ends[0].address, key.ends[1].address})
                return id;
        }
        return none;
    }

    Pool<Entry> pool_;
    Pool<Addresses> wide_;  // of those whose keys have no room for them
    std::vector<Id> buckets_;  // a power of two
    Id first_finished_ = none, last_finished_ = none;
    std::uint64_t seed_;
    Id hand_ = 0;  // where the search for a victim goes on
    std::vector<bool> present_;
};

}  // namespace podsnoop
