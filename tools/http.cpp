// podsnoop http: one record an HTTP exchange.
#include <cstdint>
#include <memory>

#include "command.hpp"
#include "options.hpp"
#include "pod_choice.hpp"
#include "pod_options.hpp"
#include "print/printer.hpp"
#include "printed_records.hpp"
#include "trace_http.hpp"
#include "trace_options.hpp"

namespace podsnoop {

namespace {

void add_selection(CLI::App& app, HttpSettings& settings) {
    Selection& selection = settings.selection;
    const std::string group = "Which exchanges to print (all are counted)";
    add_parsed_list(app, "--port", selection.ports, parse_ports, "N[,N]", "the server's port")->group(group);
    add_parsed(app, "--host", selection.host, parse_host_glob, "GLOB", "the host asked for")->group(group);
    add_parsed_list(app, "--method", selection.methods, parse_methods, "LIST", "GET, POST, ...")->group(group);
    add_parsed(app, "--path", selection.path, parse_path_glob, "GLOB", "the target's path")->group(group);
    add_parsed_list(app, "--status", selection.statuses, parse_statuses, "LIST", "404, 5xx, >=400, 400-499")->group(group);
    add_parsed(app, "--slower-than", selection.slower_than, parse_duration, "DURATION", "took at least this long")->group(group);
    app.add_flag("--errors", selection.errors, "5xx, or no complete response")->group(group);
}

void add_output(CLI::App& app, HttpSettings& settings) {
    const std::string group = "Output";
    add_output_options(app, settings, group);
    add_parsed_list(app, "--headers", settings.http.headers, parse_headers, "NAME[,NAME]", "show these header fields too")->group(group);
    add_parsed(app, "--body", settings.http.body_preview, parse_body_preview, "N", "show the first N bytes of each body")->group(group);
    app.add_flag("--show-secrets", settings.http.show_secrets,
                 "do not mask Authorization, Proxy-Authorization, Cookie and Set-Cookie")
        ->group(group);
}

void add_limits(CLI::App& app, HttpSettings& settings) {
    const std::string group = "When to stop, and limits";
    add_ending_options(app, settings, group);
    add_parsed(app, "--timeout", settings.http.timeout, parse_period, "DURATION", "tell a request that got no answer for this long [60s]")
        ->group(group);
    add_parsed(app, "--max-connections", settings.reassembly.connections, parse_connections, "N", "connections followed at once [65536]")
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
    add_selection(*command, *settings);
    add_output(*command, *settings);
    add_limits(*command, *settings);
    command->callback([settings, choice, &run] {
        complete(*settings, *choice);
        settings->live.filter = {.body_preview = static_cast<std::uint32_t>(settings->http.body_preview),
                                 .decapsulate = settings->decode.decapsulate};
        run = [settings] { return trace_http(*settings, printer_for(*settings)); };
    });
}

}  // namespace podsnoop
