// podsnoop tcp: one record a TCP connection.
#include <memory>

#include "command.hpp"
#include "event/fields_tcp.hpp"
#include "options.hpp"
#include "pod_choice.hpp"
#include "pod_options.hpp"
#include "print/record_printer.hpp"
#include "printed_records.hpp"
#include "tcp_stages.hpp"
#include "trace.hpp"
#include "trace_options.hpp"

namespace podsnoop {

namespace {

using ConnectionPrinter = RecordPrinter<TcpConnection>;

void add_selection(CLI::App& app, TcpSettings& settings) {
    TcpSelection& selection = settings.selection;
    const std::string group = "Which connections to print (all are counted)";
    add_parsed_list(app, "--port", selection.ports, parse_ports, "N[,N]", "the server's port")->group(group);
    add_parsed(app, "--slower-than", selection.slower_than, parse_duration, "DURATION", "lasted at least this long")
        ->group(group);
    app.add_flag("--errors", selection.errors, "reset, refused, or never answered")->group(group);
    app.add_flag("--open", settings.open, "a line at a connection's start too")->group(group);
}

MakeConsumer<TcpConnection> printer_for(const TcpSettings& settings) {
    return [&settings](const Output& output) {
        return std::make_unique<PrintedRecords<TcpConnection, ConnectionPrinter>>(
            ConnectionPrinter(print_options(settings, output)), settings.count);
    };
}

}  // namespace

void add_tcp(CLI::App& app, Run& run) {
    auto settings = std::make_shared<TcpSettings>();
    auto choice = std::make_shared<PodChoice>();
    CLI::App* command = app.add_subcommand("tcp", "one record a TCP connection, when it ends");
    command->footer("Durations are written 250us, 10ms, 1.5s, 2m. Needs root, except with -r.");
    add_source_options(*command, *settings, *choice);
    add_pod_options(*command, settings->pods.sources);
    add_selection(*command, *settings);
    add_format_option(*command, *settings, "Output");
    add_output_options(*command, *settings, "Output");
    const std::string limits = "When to stop, and limits";
    add_count_option(*command, *settings, limits);
    add_duration_option(*command, *settings, limits);
    add_parsed(*command, "--max-connections", settings->limits.connections, parse_connections, "N",
               "connections followed at once [65536]")
        ->group(limits);
    command->callback([settings, choice, &run] {
        complete(*settings, *choice);
        settings->live.filter = {.keep = Keep::tcp_headers, .decapsulate = settings->decode.decapsulate};
        run = [settings] { return trace<TcpStages>(*settings, printer_for(*settings)); };
    });
}

}  // namespace podsnoop
