// Records put in order. What is sorted is small beside a record, and of one type for all kinds of them.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace podsnoop {

/// Where a record belongs: those of more weight first, then by name; the one of all others last.
struct Rank {
    bool other;
    double weight;
    std::string name;
    std::size_t index;  ///< of the record, before
};

/// Sorts them.
void sort_ranks(std::vector<Rank>& ranks);

/// Puts the records in the order of rank(record), whose index does not matter.
template <class Record, class RankOf>
void sort_by_rank(std::vector<Record>& records, RankOf rank) {
    std::vector<Rank> ranks;
    ranks.reserve(records.size());
    for (const Record& record : records) {
        ranks.push_back(rank(record));
        ranks.back().index = ranks.size() - 1;
    }
    sort_ranks(ranks);
    std::vector<Record> sorted;
    sorted.reserve(records.size());
    for (const Rank& each : ranks) sorted.push_back(std::move(records[each.index]));
    records = std::move(sorted);
}

}  // namespace podsnoop
