#include "stats/latency_sketch.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

using namespace podsnoop;
using namespace std::chrono_literals;

namespace {

constexpr std::array quantiles{0.0, 0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 1.0};

using Durations = std::vector<Nanoseconds>;

/// The nearest rank, from all durations in order.
Nanoseconds true_quantile(const Durations& ordered, double q) {
    const auto rank = static_cast<std::size_t>(std::max(1.0, std::ceil(q * static_cast<double>(ordered.size()))));
    return ordered[rank - 1];
}

LatencySketch sketch_of(const Durations& durations) {
    LatencySketch sketch;
    for (const Nanoseconds duration : durations) sketch.add(duration);
    return sketch;
}

struct Shape {
    std::string name;
    std::function<double(std::mt19937_64&)> nanoseconds;
};

/// From what services are like to what they never are.
std::vector<Shape> shapes() {
    return {
        {"log-normal", [](auto& random) { return std::lognormal_distribution<double>(std::log(3e6), 1.2)(random); }},
        {"exponential", [](auto& random) { return std::exponential_distribution<double>(1 / 20e6)(random); }},
        {"uniform", [](auto& random) { return std::uniform_real_distribution<double>(1e3, 10e9)(random); }},
        {"hits and misses", [](auto& random) { return random() % 10 == 0 ? 2e9 + static_cast<double>(random() % 1000) : 150e3; }},
        {"every magnitude", [](auto& random) { return std::pow(10, std::uniform_real_distribution<double>(3.1, 12.5)(random)); }},
        {"all the same", [](auto&) { return 1234567.0; }},
    };
}

Durations draw(const Shape& shape, std::size_t count, std::mt19937_64& random) {
    Durations durations;
    for (std::size_t i = 0; i < count; ++i) durations.emplace_back(static_cast<std::int64_t>(shape.nanoseconds(random)));
    return durations;
}

}  // namespace

TEST_CASE("quantiles are within 1 % of the true ones, however latencies are spread") {
    std::mt19937_64 random(20261121);
    for (const Shape& shape : shapes()) {
        for (const std::size_t count : {1U, 2U, 3U, 10U, 99U, 100U, 101U, 1000U, 20'000U}) {
            Durations durations = draw(shape, count, random);
            const LatencySketch sketch = sketch_of(durations);
            std::ranges::sort(durations);
            for (const double q : quantiles) {
                CAPTURE(shape.name);
                CAPTURE(count);
                CAPTURE(q);
                const auto truth = static_cast<double>(std::max(true_quantile(durations, q), LatencySketch::least).count());
                const auto told = static_cast<double>(sketch.quantile(q).value().count());
                if (truth > static_cast<double>(LatencySketch::most.count())) continue;  // shares the last bin
                CHECK(std::abs(told - truth) <= truth * LatencySketch::accuracy + 1);    // and half a nanosecond each way
            }
        }
    }
}

TEST_CASE("bins of several sketches add up to those of everything") {
    std::mt19937_64 random(7);
    for (const Shape& shape : shapes()) {
        CAPTURE(shape.name);
        const Durations durations = draw(shape, 5000, random);
        std::array<Durations, 4> nodes;
        for (const Nanoseconds duration : durations) nodes[random() % nodes.size()].push_back(duration);
        std::map<std::uint32_t, std::uint64_t> sums, whole;
        for (const Durations& node : nodes)
            for (const SketchBin& bin : sketch_of(node).bins().bins) sums[bin.index] += bin.count;
        for (const SketchBin& bin : sketch_of(durations).bins().bins) whole[bin.index] = bin.count;
        CHECK(sums == whole);
    }
}

TEST_CASE("a sketch read from its bins has the same quantiles") {
    // What a reader of the JSON does: bins by index, up to the rank, the middle of that bin.
    std::mt19937_64 random(3);
    Durations durations = draw(shapes().front(), 3000, random);
    const LatencyBins bins = sketch_of(durations).bins();
    std::ranges::sort(durations);
    for (const double q : {0.5, 0.9, 0.99}) {
        const double rank = std::ceil(q * static_cast<double>(durations.size()));
        double passed = 0;
        double told_us = 0;
        for (const SketchBin& bin : bins.bins) {
            passed += static_cast<double>(bin.count);
            if (passed < rank) continue;
            told_us = 2 * std::pow(bins.base, bin.index) / (bins.base + 1);
            break;
        }
        const double truth_us = static_cast<double>(true_quantile(durations, q).count()) / 1000;
        CHECK(told_us == doctest::Approx(truth_us).epsilon(0.0101));
    }
}

TEST_CASE("a sketch of nothing knows nothing") {
    const LatencySketch nothing;
    CHECK(nothing.count() == 0);
    CHECK(!nothing.mean());
    CHECK(!nothing.max());
    CHECK(!nothing.quantile(0.5));
    CHECK(nothing.bins().bins.empty());
}

TEST_CASE("durations beyond the bins are counted at their ends, and the longest stays exact") {
    LatencySketch sketch = sketch_of({-5ns, 0ns, 1ns, 1us});
    CHECK(sketch.bins().bins == std::vector<SketchBin>{{0, 4}});
    CHECK(sketch.quantile(0) <= Nanoseconds(1us));
    CHECK(sketch.max() == 1us);
    sketch = sketch_of({1h, 30h, Nanoseconds::max()});
    CHECK(sketch.bins().bins == std::vector<SketchBin>{{LatencySketch::last_bin, 3}});
    CHECK(sketch.max() == Nanoseconds::max());
    CHECK(sketch.quantile(1) == Nanoseconds::max());
    CHECK(sketch.quantile(0.5) >= Nanoseconds(59min));
    CHECK(sketch.mean() <= Nanoseconds::max());
    // The last bin begins below an hour and ends beyond it.
    CHECK(std::pow(LatencySketch::base, LatencySketch::last_bin - 1) < 3600e6);
    CHECK(std::pow(LatencySketch::base, LatencySketch::last_bin) >= 3600e6);
}

TEST_CASE("mean and maximum are exact") {
    const LatencySketch sketch = sketch_of({1ms, 2ms, 6ms});
    CHECK(sketch.mean() == 3ms);
    CHECK(sketch.max() == 6ms);
}
