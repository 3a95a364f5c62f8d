// podsnoop red: rate, errors and durations of each server, or of whatever requests are grouped by, over intervals.
#include <chrono>
#include <memory>
#include <string>
#include <utility>

#include "command.hpp"
#include "event/fields_red.hpp"
#include "http_options.hpp"
#include "interval_records.hpp"
#include "options.hpp"
#include "pod_options.hpp"
#include "print/record_blocks.hpp"
#include "red_view.hpp"
#include "screen.hpp"
#include "stats/red.hpp"
#include "trace_http.hpp"
#include "trace_options.hpp"

namespace podsnoop {

namespace {

struct RedSettings : HttpSettings {
    RedOptions red;
    IntervalOptions intervals{.length = std::chrono::seconds(10)};
};

std::unique_ptr<IntervalView<RedRecord>> view_for(const RedSettings& settings, const Output& output) {
    const PrintOptions options = print_options(settings, output);
    RedRecord blank;
    blank.by = settings.red.by;
    if (settings.red.sketch) blank.sketch.emplace();
    RecordBlocks<RedRecord> blocks(options, blank);
    // A file's intervals would rush by.
    const bool watched = !settings.read && !settings.intervals.once && settings.format == Format::table;
    if (watched && Screen::is_possible(output)) {
        if (auto screen = Screen::take_over())
            return std::make_unique<RedView>(std::move(screen), *settings.intervals.length, settings.red.order, options.color,
                                             std::move(blocks));
    }
    return std::make_unique<PrintedIntervals<RedRecord>>(std::move(blocks));
}

MakeConsumer<Exchange> consumer_for(const RedSettings& settings) {
    return [&settings](const Output& output) {
        return std::make_unique<IntervalRecords<RedTable, RedRecord>>(RedTable(settings.red), settings.intervals,
                                                                      view_for(settings, output));
    };
}

void add_groups(CLI::App& app, RedSettings& settings) {
    const std::string group = "What a record is of";
    add_parsed(app, "--interval", settings.intervals.length, parse_interval, "DURATION", "one record a group in each [10s]")
        ->group(group);
    app.add_flag("--once", settings.intervals.once, "stop after the first interval")->group(group);
    add_parsed_list(app, "--by", settings.red.by, parse_red_keys, "KEY[,KEY]", "pod, service, host, path, status or client [pod]")
        ->group(group);
    app.add_flag("--raw-paths", settings.red.raw_paths, "paths as they are: else ids become *, as in /orders/*")->group(group);
    add_parsed(app, "--groups", settings.red.limit, parse_groups, "N", "groups counted apart; all others are one [1000]")
        ->group(group);
}

void add_output(CLI::App& app, RedSettings& settings) {
    const std::string group = "Output";
    add_format_option(app, settings, group, parse_format_otlp, format_help_otlp);
    add_parsed(app, "--sort", settings.red.order, parse_red_order, "FIELD",
               "requests, rate, errors, unanswered, mean, p50, p90, p99, max, bytes or name [requests]")
        ->group(group);
    app.add_flag("--sketch", settings.red.sketch, "the latencies' distributions too, which add up, in json and csv")
        ->group(group);
    add_output_options(app, settings, group);
}

}  // namespace

void add_red(CLI::App& app, Run& run) {
    auto settings = std::make_shared<RedSettings>();
    auto choice = std::make_shared<PodChoice>();
    CLI::App* command = app.add_subcommand("red", "rate, errors and durations of pods over intervals");
    command->footer("Durations are written 250us, 10ms, 1.5s, 2m. Needs root, except with -r.");
    add_source_options(*command, *settings, *choice);
    add_pod_options(*command, settings->pods.sources);
    add_selection_options(*command, *settings, "Which exchanges make the records (the ledger has all)");
    add_groups(*command, *settings);
    add_output(*command, *settings);
    add_limit_options(*command, *settings, "When to stop, and limits");
    command->callback([settings, choice, &run] {
        complete_http(*settings, *choice);
        if (settings->format == Format::otlp) settings->red.sketch = true;  // its histogram is made of it
        run = [settings] { return trace_http(*settings, consumer_for(*settings)); };
    });
}

}  // namespace podsnoop
