// Who calls whom: exchanges by client and server, in a bounded table.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "event/edge.hpp"
#include "event/interval.hpp"
#include "stats/group_table.hpp"

namespace podsnoop {

class EdgeTable {
  public:
    static constexpr std::size_t default_limit = 2000;

    explicit EdgeTable(std::size_t limit = default_limit) : edges_(limit) {}

    /// Counts an exchange whose request was seen; a response alone is none (the ledger tells those).
    void add(const Exchange& exchange);

    /// All that was added since the last time, as the interval's edges, the busiest first, the others last.
    [[nodiscard]] std::vector<EdgeRecord> take(const Interval& interval);

  private:
    GroupTable<EdgeRecord> edges_;
    std::string key_;  // of the exchange at hand
};

}  // namespace podsnoop
