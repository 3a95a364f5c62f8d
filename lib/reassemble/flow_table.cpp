#include "reassemble/flow_table.hpp"

namespace podsnoop {

namespace {

/// Mixes two words into one, every bit of both mattering (a 64x64 -> 128 bit product folded).
std::uint64_t mix(std::uint64_t a, std::uint64_t b) {
    __extension__ using Wide = unsigned __int128;
    const Wide product = static_cast<Wide>(a ^ 0x9e3779b97f4a7c15) * (b ^ 0xd1b54a32d192ed03);
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

std::uint64_t mix(std::uint64_t hash, const Endpoint& end) {
    const auto words = end.address.words();
    hash = mix(hash ^ words[0], words[1] ^ end.port);
    return hash;
}

}  // namespace

std::uint64_t hash_of(const FlowKey& key, std::uint64_t seed) { return mix(mix(seed ^ key.scope, key.ends[0]), key.ends[1]); }

}  // namespace podsnoop
