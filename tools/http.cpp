// podsnoop http: one record an HTTP exchange.
#include <memory>

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
    add_format_option(app, settings, group, parse_exchange_format, exchange_format_help);
    add_output_options(app, settings, group);
    add_parsed_list(app, "--headers", settings.http.headers, parse_headers, "NAME[,NAME]", "show these header fields too")
        ->group(group);
    add_parsed(app, "--body", settings.http.body_preview, parse_body_preview, "N", "show the first N bytes of each body")
        ->group(group);
    app.add_flag("--show-secrets", settings.http.show_secrets,
                 "do not mask Authorization, Proxy-Authorization, Cookie and Set-Cookie")
        ->group(group);
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
        run = [settings] { return trace_http(*settings, printer_for(*settings)); };
    });
}

}  // namespace podsnoop
