#include "print/otlp_metrics.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "exchanges.hpp"
#include "stats/red.hpp"

using namespace podsnoop;
using namespace std::chrono_literals;
using Json = nlohmann::json;

namespace {

Json parsed(const RedRecord& red) {
    std::string out;
    append_otlp(out, red);
    CHECK(out.ends_with("}\n"));
    CHECK(out.find('\n') == out.size() - 1);
    return Json::parse(out).at("resourceMetrics").at(0);
}

const Json& metric(const Json& resource, const std::string& name) {
    for (const Json& each : resource.at("scopeMetrics").at(0).at("metrics"))
        if (each.at("name") == "podsnoop.http." + name) return each;
    static const Json none;
    return none;
}

RedRecord red_of(const std::vector<Nanoseconds>& durations, RedOptions options = {}) {
    options.sketch = true;
    RedTable table(options);
    for (const Nanoseconds duration : durations) {
        Exchange e = full_exchange();
        e.latency.total = duration;
        table.add(e);
    }
    return table.take({some_time, 10s}).front();
}

}  // namespace

TEST_CASE("otlp: a red record is sums over its interval") {
    RedRecord red = red_of({1ms, 2ms});
    red.server.pod = Pod{"shop", "cart-0", "uid", "", 0};
    red.summary.errors = 1;
    red.summary.request_bytes = ~std::uint64_t{0};
    const Json resource = parsed(red);
    CHECK(
        resource.at("resource").at("attributes").dump() ==
        R"([{"key":"k8s.namespace.name","value":{"stringValue":"shop"}},{"key":"k8s.pod.name","value":{"stringValue":"cart-0"}},)"
        R"({"key":"k8s.pod.uid","value":{"stringValue":"uid"}}])");
    const Json& requests = metric(resource, "requests");
    CHECK(requests.at("unit") == "{request}");
    CHECK(requests.at("sum").at("aggregationTemporality") == 1);  // AGGREGATION_TEMPORALITY_DELTA
    CHECK(requests.at("sum").at("isMonotonic") == true);
    const Json& point = requests.at("sum").at("dataPoints").at(0);
    CHECK(point.at("asInt") == "2");
    CHECK(point.at("startTimeUnixNano") == "1795247365123456789");
    CHECK(point.at("timeUnixNano") == "1795247375123456789");
    CHECK(point.at("attributes").dump() ==
          R"([{"key":"server.address","value":{"stringValue":"10.244.0.9"}},{"key":"server.port","value":{"intValue":"8080"}},)"
          R"({"key":"podsnoop.server.pod","value":{"stringValue":"shop/cart-0"}}])");
    CHECK(metric(resource, "errors").at("sum").at("dataPoints").at(0).at("asInt") == "1");
    const Json& bytes = metric(resource, "request.bytes");
    CHECK(bytes.at("unit") == "By");
    CHECK(bytes.at("sum").at("dataPoints").at(0).at("asInt") == "9223372036854775807");
}

TEST_CASE("otlp: the histogram's counts are exact, at any of its bounds") {
    const std::vector<Nanoseconds> durations{0ns, 1us, 1001ns, 2ms, 2ms, 999ms, 40s, 59min, 60min, 10h};
    const Json resource = parsed(red_of(durations));
    const Json& histogram = metric(resource, "duration");
    CHECK(histogram.at("unit") == "s");
    const Json& point = histogram.at("histogram").at("dataPoints").at(0);
    CHECK(point.at("count") == "10");
    CHECK(point.at("max") == 36000.0);
    const auto bounds = point.at("explicitBounds").get<std::vector<double>>();
    const auto counts = point.at("bucketCounts").get<std::vector<std::string>>();
    REQUIRE(counts.size() == bounds.size() + 1);
    CHECK(bounds.front() == 1e-6);
    std::uint64_t up_to = 0;
    for (std::size_t i = 0; i < bounds.size(); ++i) {
        CAPTURE(bounds[i]);
        if (i > 0) CHECK(bounds[i] > bounds[i - 1]);
        up_to += std::stoull(counts[i]);
        const auto within = [&](Nanoseconds each) { return static_cast<double>(each.count()) <= bounds[i] * 1e9; };
        CHECK(up_to == static_cast<std::uint64_t>(std::ranges::count_if(durations, within)));
    }
    CHECK(up_to + std::stoull(counts.back()) == durations.size());
    CHECK(counts.back() == "2");
}

TEST_CASE("otlp: the histogram's bounds are those of every other") {
    const Json one = parsed(red_of({1us})), other = parsed(red_of({3s, 5min}));
    const auto bounds = [](const Json& resource) {
        return metric(resource, "duration").at("histogram").at("dataPoints").at(0).at("explicitBounds");
    };
    CHECK(bounds(one) == bounds(other));
}

TEST_CASE("otlp: no histogram where no duration is known") {
    RedTable table({.sketch = true});
    table.add(unanswered_exchange());
    const Json resource = parsed(table.take({some_time, 10s}).front());
    CHECK(metric(resource, "duration").is_null());
    CHECK(metric(resource, "unanswered").at("sum").at("dataPoints").at(0).at("asInt") == "1");
}

TEST_CASE("otlp: what groups are of") {
    RedRecord red = red_of({1ms}, {.by = by_service | by_host | by_path | by_status});
    const Json attributes = metric(parsed(red), "requests").at("sum").at("dataPoints").at(0).at("attributes");
    CHECK(
        attributes.dump() ==
        R"([{"key":"podsnoop.host","value":{"stringValue":"cart.shop"}},{"key":"url.template","value":{"stringValue":"/cart"}},)"
        R"({"key":"http.response.status_code","value":{"intValue":"200"}}])");
    RedRecord other = red_of({1ms});
    other.server = {};
    other.other = true;
    CHECK(metric(parsed(other), "requests").at("sum").at("dataPoints").at(0).at("attributes").dump() ==
          R"([{"key":"otel.metric.overflow","value":{"boolValue":true}}])");
}
