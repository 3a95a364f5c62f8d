#include "stats/rank.hpp"

#include <algorithm>

namespace podsnoop {

void sort_ranks(std::vector<Rank>& ranks) {
    std::ranges::sort(ranks, [](const Rank& a, const Rank& b) {
        if (a.other != b.other) return b.other;
        return a.weight != b.weight ? a.weight > b.weight : a.name < b.name;
    });
}

}  // namespace podsnoop
