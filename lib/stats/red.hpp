// Rate, errors, duration: exchanges by whatever they are grouped by, in a bounded table.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "event/interval.hpp"
#include "event/red.hpp"
#include "stats/group_table.hpp"

namespace podsnoop {

/// What rows are sorted by: the greatest first, names from a on.
enum class RedOrder : std::uint8_t { requests, rate, errors, unanswered, mean, p50, p90, p99, max, bytes, name };

struct RedOptions {
    std::uint8_t by = by_pod;  ///< RedKey bits
    RedOrder order = RedOrder::requests;
    bool raw_paths = false;    ///< paths as they are, without the query
    bool sketch = false;       ///< records carry the whole distribution
    std::size_t limit = 1000;  ///< groups at once; what comes later is in the row of the others
};

class RedTable {
  public:
    explicit RedTable(const RedOptions& options) : options_(options), groups_(options.limit) {}

    /// Counts an exchange whose request was seen; a response alone is none (the ledger tells those).
    void add(const Exchange& exchange);

    /// All that was added since the last time, as the interval's records in the order asked for, the others last.
    [[nodiscard]] std::vector<RedRecord> take(const Interval& interval);

  private:
    void make_key(const Exchange& exchange);
    [[nodiscard]] RedRecord make_group(const Exchange& exchange) const;

    RedOptions options_;
    GroupTable<RedRecord> groups_;
    std::string key_, path_;  // of the exchange at hand
};

std::string_view name_of(RedOrder order);
/// The one that comes next, for who looks through them one by one: each sorts otherwise than the one before.
RedOrder next_order(RedOrder order);

void sort_by(RedOrder order, std::vector<RedRecord>& records);

/// "pod", "service", "host", "path", "status", "client", or some of them with commas.
Result<std::uint8_t> parse_red_keys(std::string_view text);
/// "requests", "rate", "errors", "unanswered", "mean", "p50", "p90", "p99", "max", "bytes", "name".
Result<RedOrder> parse_red_order(std::string_view text);

}  // namespace podsnoop
