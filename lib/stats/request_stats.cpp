#include "stats/request_stats.hpp"

#include <chrono>

#include "stats/saturate.hpp"

namespace podsnoop {

namespace {

void add_bytes(std::uint64_t& sum, const Message& message) {
    if (!message.seen) return;
    add_saturating(sum, message.head_bytes);
    add_saturating(sum, message.body_bytes);
}

}  // namespace

void RequestStats::add(const Exchange& exchange) {
    constexpr std::uint16_t first_server_error = 500, last_server_error = 599;
    ++requests_;
    if (exchange.response.seen && exchange.response.status >= first_server_error && exchange.response.status <= last_server_error)
        ++errors_;
    else if (exchange.end != ExchangeEnd::complete && exchange.end != ExchangeEnd::upgraded) ++unanswered_;
    add_bytes(request_bytes_, exchange.request);
    add_bytes(response_bytes_, exchange.response);
    if (exchange.latency.total) latency_.add(*exchange.latency.total);
}

RequestSummary RequestStats::summary(Nanoseconds interval) const {
    RequestSummary summary{.requests = requests_,
                           .errors = errors_,
                           .unanswered = unanswered_,
                           .rate = {},
                           .latency = {.measured = latency_.count(),
                                       .mean = latency_.mean(),
                                       .p50 = latency_.quantile(0.5),
                                       .p90 = latency_.quantile(0.9),
                                       .p99 = latency_.quantile(0.99),
                                       .max = latency_.max()},
                           .request_bytes = request_bytes_,
                           .response_bytes = response_bytes_};
    if (interval > Nanoseconds{0})
        summary.rate = static_cast<double>(requests_) / std::chrono::duration<double>(interval).count();
    return summary;
}

}  // namespace podsnoop
