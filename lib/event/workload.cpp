#include "event/workload.hpp"

#include <algorithm>
#include <cstddef>

#include "base/letters.hpp"

namespace podsnoop {

namespace {

/// Random parts of names have neither vowels nor digits that look like them, and end up in five characters
/// (k8s.io/apimachinery/pkg/util/rand); a ReplicaSet's hash is written in the same ones.
bool is_random(std::string_view text) {
    constexpr std::string_view alphabet = "bcdfghjklmnpqrstvwxz2456789";
    return std::ranges::all_of(text, [&](char c) { return alphabet.find(c) != std::string_view::npos; });
}

bool is_ordinal(std::string_view text) { return !text.empty() && text.size() <= 4 && std::ranges::all_of(text, is_digit); }

}  // namespace

std::string_view workload_of(std::string_view pod_name) {
    constexpr std::size_t suffix_length = 5, shortest_hash = 6, longest_hash = 10;
    const std::size_t last = pod_name.rfind('-');
    if (last == std::string_view::npos || last == 0) return pod_name;
    const std::string_view suffix = pod_name.substr(last + 1), rest = pod_name.substr(0, last);
    if (is_ordinal(suffix)) return rest;
    if (suffix.size() != suffix_length || !is_random(suffix)) return pod_name;
    const std::size_t before = rest.rfind('-');
    if (before == std::string_view::npos || before == 0) return rest;
    const std::string_view hash = rest.substr(before + 1);
    const bool is_hash = hash.size() >= shortest_hash && hash.size() <= longest_hash && is_random(hash);
    return is_hash ? rest.substr(0, before) : rest;
}

}  // namespace podsnoop
