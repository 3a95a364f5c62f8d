#include "print/otlp_metrics.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string_view>

#include "event/fields.hpp"
#include "print/number.hpp"
#include "print/otlp.hpp"

namespace podsnoop {

namespace {

/// A histogram's bounds are the sketch's own, each twentieth of them: so every count is exact, all records have the same
/// bounds and add up, and a bound is about half as much again as the one below. The first is 1 us, the last a little less than an hour.
constexpr std::uint32_t bins_between = 20;
constexpr std::size_t bounds = 56;
constexpr double microseconds_in_second = 1e6;

/// What the sums and the histogram have in common: of what they are, and when.
std::string point_start(const RedRecord& red) {
    std::string point = R"({"attributes":[)";
    OtlpAttributes attributes(point);
    const auto text = [&](std::string_view key, const auto& maybe) {
        if (maybe) attributes.text(key, *maybe);
    };
    const auto party = [&](const std::string& role, const Party& of) {
        attributes.address(role + ".address", of.endpoint.address);
        if (of.endpoint.port != 0) attributes.number(role + ".port", of.endpoint.port);
        if (of.pod) attributes.text("podsnoop." + role + ".pod", of.pod->namespace_name + "/" + of.pod->name);
        attributes.text("podsnoop." + role + ".comm", of.comm);
    };
    if (red.other) attributes.yes("otel.metric.overflow");
    party("server", red.server);
    party("client", red.client);
    if (red.service) {
        std::string name = red.service->name;
        if (name.empty()) append_endpoint(name, red.service->endpoint);
        attributes.text("podsnoop.service", name);
    }
    text("podsnoop.host", red.host);
    text("url.template", red.path);
    if (red.status != 0) attributes.number("http.response.status_code", red.status);
    const auto start = red.time.time_since_epoch();
    fmt::format_to(std::back_inserter(point), R"(],"startTimeUnixNano":"{}","timeUnixNano":"{}",)", start.count(),
                   (start + red.interval).count());
    return point;
}

void append_sum(std::string& out, std::string_view point, std::string_view name, std::string_view unit, std::uint64_t value) {
    fmt::format_to(std::back_inserter(out),
                   R"({{"name":"podsnoop.http.{}","unit":"{}","sum":{{"dataPoints":[{}"asInt":"{}"}}],)"
                   R"("aggregationTemporality":1,"isMonotonic":true}}}},)",
                   name, unit, point, std::min(value, otlp_most));
}

void append_histogram(std::string& out, std::string_view point, const LatencyBins& bins, const LatencySummary& latency) {
    std::array<std::uint64_t, bounds + 1> counts{};  // the last has what is above all bounds
    for (const SketchBin& bin : bins.bins) {
        const std::size_t bucket = (bin.index + bins_between - 1) / bins_between;
        counts[std::min(bucket, bounds)] += bin.count;
    }
    out += R"({"name":"podsnoop.http.duration","unit":"s","histogram":{"dataPoints":[)";
    out += point;
    fmt::format_to(std::back_inserter(out), R"("count":"{}",)", latency.measured);
    const auto append_seconds = [&](std::string_view key, double seconds) {
        fmt::format_to(std::back_inserter(out), R"("{}":)", key);
        append_number(out, seconds);
        out += ',';
    };
    if (latency.mean) append_seconds("sum", seconds_in(*latency.mean) * static_cast<double>(latency.measured));
    if (latency.max) append_seconds("max", seconds_in(*latency.max));
    std::string_view separator;
    out += R"("bucketCounts":[)";
    for (const std::uint64_t count : counts) {
        fmt::format_to(std::back_inserter(out), R"({}"{}")", separator, count);
        separator = ",";
    }
    out += R"(],"explicitBounds":[)";
    separator = {};
    for (std::size_t i = 0; i < bounds; ++i) {
        out += separator;
        append_number(out, std::pow(bins.base, static_cast<double>(i * bins_between)) / microseconds_in_second);
        separator = ",";
    }
    out += R"(]}],"aggregationTemporality":1}},)";
}

}  // namespace

void append_otlp(std::string& out, const RedRecord& red) {
    out += R"({"resourceMetrics":[{"resource":{"attributes":[)";
    OtlpAttributes resource(out);
    append_otlp_resource(resource, red.server.pod ? &*red.server.pod : nullptr);
    out += R"(]},"scopeMetrics":[{"scope":{"name":"podsnoop"},"metrics":[)";
    const std::string point = point_start(red);
    const RequestSummary& all = red.summary;
    append_sum(out, point, "requests", "{request}", all.requests);
    append_sum(out, point, "errors", "{request}", all.errors);
    append_sum(out, point, "unanswered", "{request}", all.unanswered);
    append_sum(out, point, "request.bytes", "By", all.request_bytes);
    append_sum(out, point, "response.bytes", "By", all.response_bytes);
    if (red.sketch && all.latency.measured != 0) append_histogram(out, point, *red.sketch, all.latency);
    out.back() = ']';  // in place of the last comma
    out += "}]}]}\n";
}

}  // namespace podsnoop
