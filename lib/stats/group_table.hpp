// Exchanges by a key that the network chooses: at most so many rows, and one more for all that found no place. A row is
// never given up for another: each that is told has all of its exchanges, and the sums are right.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "stats/request_stats.hpp"

namespace podsnoop {

/// `Group` is what is told of a row beside its counts.
template <class Group>
class GroupTable {
  public:
    struct Row {
        Group group;
        RequestStats stats;
    };

    explicit GroupTable(std::size_t limit) : limit_(limit) {}

    /// The row of this key, made with the Group that make() gives. Null where there is no place for one more.
    template <class Make>
    Row* row(std::string_view key, Make make) {
        if (const auto found = rows_.find(key); found != rows_.end()) return &found->second;
        if (rows_.size() == limit_) return nullptr;
        return &rows_.emplace(key, Row{make(), {}}).first->second;
    }
    /// Of all that found no place.
    RequestStats& other() {
        others_ = true;
        return other_;
    }

    /// Calls each(row) for all rows, in no order, then for_other(stats) where there are others; and forgets everything.
    template <class Each, class ForOther>
    void take(Each each, ForOther for_other) {
        for (auto& [key, row] : std::exchange(rows_, {})) each(row);
        if (std::exchange(others_, false)) for_other(other_);
        other_ = {};
    }

  private:
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
    };

    std::size_t limit_;
    std::unordered_map<std::string, Row, Hash, std::equal_to<>> rows_;
    RequestStats other_;
    bool others_ = false;
};

}  // namespace podsnoop
