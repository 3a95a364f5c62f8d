// podsnoop map: who calls whom, how often and how well, as records or as a picture.
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "command.hpp"
#include "event/fields_edge.hpp"
#include "http_options.hpp"
#include "interval_records.hpp"
#include "options.hpp"
#include "pod_options.hpp"
#include "print/graph.hpp"
#include "print/record_blocks.hpp"
#include "stats/edges.hpp"
#include "trace_http.hpp"
#include "trace_options.hpp"

namespace podsnoop {

namespace {

struct MapOutput {
    Format format = Format::table;
    std::optional<Picture> picture{};  ///< instead
};

struct MapSettings : HttpSettings {
    std::size_t edges = EdgeTable::default_limit;
    IntervalOptions intervals;
    MapOutput output;
    GraphOptions graph;
};

Result<MapOutput> parse_map_output(std::string_view text) {
    if (text == "dot") return MapOutput{.picture = Picture::dot};
    if (text == "mermaid") return MapOutput{.picture = Picture::mermaid};
    if (const Result<Format> format = parse_format(text)) return MapOutput{.format = *format};
    return fail("not an output format", std::string(text), "it is none of table, wide, json, csv, influx, dot, mermaid");
}

/// A picture of each interval.
class Pictures : public IntervalView<EdgeRecord> {
  public:
    Pictures(Picture picture, const GraphOptions& options) : picture_(picture), options_(options) {}

    void begin(std::string&) override {}
    void show(std::string& out, const Interval&, std::vector<EdgeRecord> edges) override {
        append_graph(out, picture_, edges, options_);
    }

  private:
    Picture picture_;
    GraphOptions options_;
};

std::unique_ptr<IntervalView<EdgeRecord>> view_for(const MapSettings& settings, const Output& output) {
    if (const auto picture = settings.output.picture) return std::make_unique<Pictures>(*picture, settings.graph);
    PrintOptions options = print_options(settings, output);
    options.format = settings.output.format;
    return std::make_unique<PrintedIntervals<EdgeRecord>>(RecordBlocks<EdgeRecord>(options));
}

MakeConsumer<Exchange> consumer_for(const MapSettings& settings) {
    return [&settings](const Output& output) {
        return std::make_unique<IntervalRecords<EdgeTable, EdgeRecord>>(EdgeTable(settings.edges), settings.intervals,
                                                                        view_for(settings, output));
    };
}

void add_output(CLI::App& app, MapSettings& settings) {
    const std::string group = "Output";
    add_parsed(app, "-o,--output", settings.output, parse_map_output, "FORMAT",
               "table, wide, json, csv, influx, dot or mermaid [table]")
        ->group(group);
    app.add_flag("--replicas", settings.graph.every_pod, "in dot and mermaid a box for each pod, not for each workload")
        ->group(group);
    add_parsed(app, "--edges", settings.edges, parse_groups, "N", "edges counted apart; all others are one [2000]")->group(group);
    add_output_options(app, settings, group);
}

}  // namespace

void add_map(CLI::App& app, Run& run) {
    auto settings = std::make_shared<MapSettings>();
    auto choice = std::make_shared<PodChoice>();
    CLI::App* command = app.add_subcommand("map", "who calls whom, how often and how well");
    command->footer(
        "podsnoop map --duration 30s -o dot | dot -Tsvg > map.svg draws half a minute. "
        "Durations are written 250us, 10ms, 1.5s, 2m. Needs root, except with -r.");
    add_source_options(*command, *settings, *choice);
    add_pod_options(*command, settings->pods.sources);
    add_selection_options(*command, *settings, "Which exchanges make the map (the ledger has all)");
    add_output(*command, *settings);
    const std::string limits = "When to tell it, when to stop, and limits";
    add_parsed(*command, "--interval", settings->intervals.length, parse_interval, "DURATION", "a map of each [one at the end]")
        ->group(limits);
    add_limit_options(*command, *settings, limits);
    command->callback([settings, choice, &run] {
        complete_http(*settings, *choice);
        run = [settings] { return trace_http(*settings, consumer_for(*settings)); };
    });
}

}  // namespace podsnoop
