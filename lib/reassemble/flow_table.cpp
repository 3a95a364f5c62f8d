#include "reassemble/flow_table.hpp"

#include <bit>
#include <cstring>

namespace podsnoop {

namespace {

/// Mixes two words into one, every bit of both mattering (a 64x64 -> 128 bit product folded).
std::uint64_t mix(std::uint64_t a, std::uint64_t b) {
    __extension__ using Wide = unsigned __int128;
    const Wide product = static_cast<Wide>(a ^ 0x9e3779b97f4a7c15) * (b ^ 0xd1b54a32d192ed03);
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

std::uint64_t mix(std::uint64_t hash, const Endpoint& end) {
    std::uint64_t words[2];
    std::memcpy(words, end.address.bytes.data(), sizeof words);
    hash = mix(hash ^ words[0], words[1] ^ end.port);
    return hash;
}

}  // namespace

FlowTable::FlowTable(std::size_t limit, std::uint64_t seed)
    : pool_(limit), buckets_(std::bit_ceil(limit + limit / 2), none), seed_(seed), present_(limit, false) {}

std::size_t FlowTable::bucket_of(const FlowKey& key) const {
    return mix(mix(seed_ ^ key.scope, key.ends[0]), key.ends[1]) & (buckets_.size() - 1);
}

FlowTable::Id FlowTable::find(const FlowKey& key) const {
    for (Id id = buckets_[bucket_of(key)]; id != none; id = pool_[id].next_in_bucket)
        if (pool_[id].key == key) return id;
    return none;
}

FlowTable::Id FlowTable::insert(const FlowKey& key) {
    const Id id = pool_.take();
    if (id == none) return none;
    Connection& connection = pool_[id];
    connection = Connection{};
    connection.key = key;
    Id& head = buckets_[bucket_of(key)];
    connection.next_in_bucket = head;
    head = id;
    present_[id] = true;
    return id;
}

void FlowTable::remove(Id id) {
    Id* link = &buckets_[bucket_of(pool_[id].key)];
    while (*link != id) link = &pool_[*link].next_in_bucket;
    *link = pool_[id].next_in_bucket;
    if (const Connection& connection = pool_[id]; connection.finished) {
        const Id before = connection.finished_before, after = connection.finished_after;
        (before == none ? first_finished_ : pool_[before].finished_after) = after;
        (after == none ? last_finished_ : pool_[after].finished_before) = before;
    }
    pool_[id] = Connection{};
    present_[id] = false;
    pool_.give_back(id);
}

FlowTable::Id FlowTable::victim() {
    // The clock algorithm: go round, and take the first that was not seen since the last time round.
    for (;; ++hand_) {
        if (hand_ >= pool_.made()) hand_ = 0;
        if (!present_[hand_]) continue;
        Connection& connection = pool_[hand_];
        if (connection.finished || !connection.touched) return hand_;
        connection.touched = false;
    }
}

void FlowTable::finish(Id id, Time now) {
    Connection& connection = pool_[id];
    connection.finished = true;
    connection.last_seen = now;
    for (Stream& stream : connection.streams) stream.hold.reset();
    connection.finished_before = last_finished_;
    (last_finished_ == none ? first_finished_ : pool_[last_finished_].finished_after) = id;
    last_finished_ = id;
}

void FlowTable::expire_finished(Time before) {
    while (first_finished_ != none && pool_[first_finished_].last_seen < before) remove(first_finished_);
}

}  // namespace podsnoop
