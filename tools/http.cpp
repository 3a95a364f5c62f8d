// podsnoop http: one record an HTTP exchange.
#include <algorithm>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/letters.hpp"
#include "command.hpp"
#include "http_options.hpp"
#include "options.hpp"
#include "pod_options.hpp"
#include "print/printer.hpp"
#include "printed_records.hpp"
#include "trace_http.hpp"
#include "trace_options.hpp"

namespace podsnoop {

namespace {

void add_output(CLI::App& app, HttpSettings& settings) {
    const std::string group = "Output";
    add_format_option(app, settings, group, parse_format_otlp, format_help_otlp);
    add_output_options(app, settings, group);
    add_parsed_list(app, "--headers", settings.http.headers, parse_headers, "NAME[,NAME]", "show these header fields too")
        ->group(group);
    add_parsed(app, "--body", settings.http.body_preview, parse_body_preview, "N", "show the first N bytes of each body")
        ->group(group);
    app.add_flag("--show-secrets", settings.http.show_secrets,
                 "do not mask Authorization, Proxy-Authorization, Cookie and Set-Cookie")
        ->group(group);
}

/// Adds those that were not asked for.
void add_headers(std::vector<std::string>& names, std::span<const std::string_view> more) {
    for (const std::string_view name : more) {
        const auto is_it = [&](const std::string& asked) { return same_letters(asked, name); };
        if (std::ranges::none_of(names, is_it)) names.emplace_back(name);
    }
}

MakeConsumer<Exchange> printer_for(const HttpSettings& settings) {
    return [&settings](const Output& output) {
        PrintOptions options = print_options(settings, output);
        options.headers = !settings.http.headers.empty();
        options.body = settings.http.body_preview != 0;
        return std::make_unique<PrintedRecords<Exchange, ExchangePrinter>>(ExchangePrinter(options), settings.count);
    };
}

}  // namespace

void add_http(CLI::App& app, Run& run) {
    auto settings = std::make_shared<HttpSettings>();
    auto choice = std::make_shared<PodChoice>();
    CLI::App* command = app.add_subcommand("http", "one record an HTTP exchange");
    command->footer("Durations are written 250us, 10ms, 1.5s, 2m. Needs root, except with -r.");
    add_source_options(*command, *settings, *choice);
    add_pod_options(*command, settings->pods.sources);
    add_selection_options(*command, *settings, "Which exchanges to print (all are counted)");
    add_output(*command, *settings);
    const std::string limits = "When to stop, and limits";
    add_count_option(*command, *settings, limits);
    add_limit_options(*command, *settings, limits);
    command->callback([settings, choice, &run] {
        complete_http(*settings, *choice);
        if (settings->format == Format::otlp) add_headers(settings->http.headers, OtlpSpans::headers);
        run = [settings] { return trace_http(*settings, printer_for(*settings)); };
    });
}

}  // namespace podsnoop
