#include "stats/red.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "base/letters.hpp"
#include "event/fields_red.hpp"
#include "event/target.hpp"
#include "stats/party_key.hpp"
#include "stats/path_template.hpp"
#include "stats/rank.hpp"

namespace podsnoop {

namespace {

constexpr std::size_t longest_text = 256;     // bytes of a path or a host that make a group
constexpr std::size_t most_templated = 4096;  // bytes of a path that are looked at

constexpr std::array<std::pair<std::string_view, RedKey>, 6> key_names{{{"pod", by_pod},
                                                                        {"service", by_service},
                                                                        {"host", by_host},
                                                                        {"path", by_path},
                                                                        {"status", by_status},
                                                                        {"client", by_client}}};
constexpr std::array<std::string_view, 11> order_names{"requests", "rate", "errors", "unanswered", "mean", "p50",
                                                       "p90",      "p99",  "max",    "bytes",      "name"};

std::string lower(std::string_view text) {
    std::string result(text);
    std::ranges::transform(result, result.begin(), to_lower);
    return result;
}

/// What the rows of this order are compared by. Unknown is less than anything known.
double weight(RedOrder order, const RequestSummary& of) {
    const auto number = [](std::uint64_t n) { return static_cast<double>(n); };
    const auto time = [](std::optional<Nanoseconds> t) { return t ? static_cast<double>(t->count()) : -1; };
    switch (order) {
        case RedOrder::requests:
        case RedOrder::rate: return number(of.requests);  // of one interval: the same
        case RedOrder::errors: return number(of.errors);
        case RedOrder::unanswered: return number(of.unanswered);
        case RedOrder::mean: return time(of.latency.mean);
        case RedOrder::p50: return time(of.latency.p50);
        case RedOrder::p90: return time(of.latency.p90);
        case RedOrder::p99: return time(of.latency.p99);
        case RedOrder::max: return time(of.latency.max);
        case RedOrder::bytes: return number(of.request_bytes) + number(of.response_bytes);
        case RedOrder::name: return 0;
    }
    return 0;
}

}  // namespace

void RedTable::make_key(const Exchange& exchange) {
    key_.clear();
    const std::uint8_t by = options_.by;
    if ((by & by_pod) != 0) append_server_key(key_, exchange.server);
    if ((by & by_client) != 0) append_client_key(key_, exchange.client);
    if ((by & by_service) != 0) {
        append_key(key_, exchange.service ? exchange.service->name : std::string());
        if (exchange.service && exchange.service->name.empty()) {
            Peer named_by_address;
            named_by_address.endpoint = exchange.service->endpoint;
            append_server_key(key_, named_by_address);
        }
    }
    if ((by & by_host) != 0) append_key(key_, exchange.request.host ? lower(exchange.request.host->substr(0, longest_text)) : "");
    if ((by & by_path) != 0) {
        const std::string_view path = path_of(exchange.request).substr(0, most_templated);
        path_ = options_.raw_paths ? std::string(path) : path_template(path);
        path_.resize(std::min(path_.size(), longest_text));
        append_key(key_, path_);
    }
    if ((by & by_status) != 0) append_key(key_, exchange.response.seen ? std::to_string(exchange.response.status) : "");
}

RedRecord RedTable::make_group(const Exchange& exchange) const {
    RedRecord group;
    group.by = options_.by;
    if ((group.by & by_pod) != 0) group.server = server_party(exchange.server);
    if ((group.by & by_client) != 0) group.client = client_party(exchange.client);
    if ((group.by & by_service) != 0) group.service = exchange.service;
    if ((group.by & by_host) != 0 && exchange.request.host && !exchange.request.host->empty())
        group.host = lower(exchange.request.host->substr(0, longest_text));
    if ((group.by & by_path) != 0 && !path_.empty()) group.path = path_;
    if ((group.by & by_status) != 0 && exchange.response.seen) group.status = exchange.response.status;
    return group;
}

void RedTable::add(const Exchange& exchange) {
    if (!exchange.request.seen) return;
    make_key(exchange);
    auto* row = groups_.row(key_, [&] { return make_group(exchange); });
    if (row == nullptr) {
        groups_.other().add(exchange);
        return;
    }
    if ((options_.by & by_pod) != 0) meet_again(row->group.server, exchange.server);
    if ((options_.by & by_client) != 0) meet_again(row->group.client, exchange.client);
    row->stats.add(exchange);
}

std::vector<RedRecord> RedTable::take(const Interval& interval) {
    std::vector<RedRecord> records;
    const auto finish = [&](RedRecord record, const RequestStats& stats) {
        record.time = interval.start;
        record.interval = interval.length;
        record.summary = stats.summary(interval.length);
        if (options_.sketch) record.sketch = stats.latency().bins();
        records.push_back(std::move(record));
    };
    groups_.take([&](auto& row) { finish(std::move(row.group), row.stats); },
                 [&](const RequestStats& stats) {
                     RedRecord others;
                     others.by = options_.by;
                     others.other = true;
                     finish(std::move(others), stats);
                 });
    sort_by(options_.order, records);
    return records;
}

std::string_view name_of(RedOrder order) { return order_names.at(static_cast<std::size_t>(order)); }

RedOrder next_order(RedOrder order) {
    const auto next = static_cast<RedOrder>((static_cast<std::size_t>(order) + 1) % order_names.size());
    return next == RedOrder::rate ? RedOrder::errors : next;  // as by requests
}

void sort_by(RedOrder order, std::vector<RedRecord>& records) {
    sort_by_rank(records, [order](const RedRecord& record) -> Rank {
        return {record.other, weight(order, record.summary), name_of(record), 0};
    });
}

Result<std::uint8_t> parse_red_keys(std::string_view text) {
    std::uint8_t keys = 0;
    for (;;) {
        const std::size_t comma = std::min(text.find(','), text.size());
        const std::string_view word = text.substr(0, comma);
        const auto found = std::ranges::find(key_names, word, [](const auto& each) { return each.first; });
        if (found == key_names.end())
            return fail("not a key to group by", std::string(word), word.empty() ? "it is empty" : "",
                        "write pod, service, host, path, status or client, or some of them with commas");
        keys |= found->second;
        if (comma == text.size()) return keys;
        text.remove_prefix(comma + 1);
    }
}

Result<RedOrder> parse_red_order(std::string_view text) {
    const auto found = std::ranges::find(order_names, text);
    if (found == order_names.end())
        return fail("not an order", std::string(text), text.empty() ? "it is empty" : "",
                    "write requests, rate, errors, unanswered, mean, p50, p90, p99, max, bytes or name");
    return static_cast<RedOrder>(found - order_names.begin());
}

}  // namespace podsnoop
