// podsnoop http: one record an HTTP exchange.
#include <cstdlib>
#include <memory>

#include "command.hpp"
#include "options.hpp"
#include "pod_choice.hpp"
#include "pod_options.hpp"
#include "trace_http.hpp"

namespace podsnoop {

namespace {

void add_source(CLI::App& app, HttpSettings& settings, PodChoice& choice) {
    const std::string group = "Where packets come from";
    CLI::Option* interface = app.add_option("-i,--interface", settings.live.interfaces, "this interface; repeatable; 'any' for all")
        ->type_name("NAME")
        ->expected(1)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
        ->group(group);
    CLI::Option* netns = add_parsed(app, "--netns", settings.live.netns, parse_name, "PID|PATH|NAME", "enter this network namespace first");
    netns->group(group);
    add_pod_choice(app, choice, group);
    add_parsed(app, "--buffer", settings.buffer_bytes, parse_buffer, "SIZE",
               "memory for packets not yet read, each interface [32MiB] or pod [64MiB together]")
        ->group(group);
    app.add_option("-r,--read", settings.read, "a pcap or pcapng file instead, gzipped or not; '-' for standard input")
        ->type_name("FILE")
        ->excludes(interface, netns)
        ->group(group);
    app.add_flag_callback("--no-decap", [&settings] { settings.decode.decapsulate = false; },
                          "do not look into VXLAN, Geneve, GRE, IPIP and MPLS")
        ->group(group);
    auto write = [&settings]() -> RecorderOptions& {
        if (!settings.write) settings.write.emplace();
        return *settings.write;
    };
    app.add_option_function<std::string>(
           "-w,--write", [write](const std::string& path) { write().path = path; }, "save the packets that were kept, as pcapng")
        ->type_name("FILE")
        ->group(group);
    app.add_option_function<std::string>(
           "--write-size",
           [write](const std::string& text) { write().file_bytes = value_of("--write-size", parse_file_size(text)); },
           "begin another file at about this size")
        ->type_name("SIZE")
        ->needs("--write")
        ->group(group);
    app.add_option_function<std::string>(
           "--write-files", [write](const std::string& text) { write().files = value_of("--write-files", parse_count(text)); },
           "at most so many files, the oldest is written over")
        ->type_name("N")
        ->needs("--write-size")
        ->group(group);
}

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
    add_parsed(app, "-o,--output", settings.format, parse_format, "FORMAT", "table, wide, json or csv [table]")->group(group);
    add_parsed(app, "--color", settings.color, parse_color, "WHEN", "auto, always or never [auto]")->group(group);
    add_parsed_list(app, "--headers", settings.http.headers, parse_headers, "NAME[,NAME]", "show these header fields too")->group(group);
    add_parsed(app, "--body", settings.http.body_preview, parse_body_preview, "N", "show the first N bytes of each body")->group(group);
    app.add_flag("--show-secrets", settings.http.show_secrets,
                 "do not mask Authorization, Proxy-Authorization, Cookie and Set-Cookie")
        ->group(group);
    app.add_option("--ledger", settings.ledger, "write what was seen and what was missed here at the end; '-' for standard output")
        ->type_name("FILE")
        ->group(group);
}

void add_limits(CLI::App& app, HttpSettings& settings) {
    const std::string group = "When to stop, and limits";
    add_parsed(app, "-c,--count", settings.count, parse_count, "N", "stop after this many records")->group(group);
    add_parsed(app, "--duration", settings.duration, parse_period, "DURATION", "stop after this long")->group(group);
    add_parsed(app, "--timeout", settings.http.timeout, parse_period, "DURATION", "tell a request that got no answer for this long [60s]")
        ->group(group);
    add_parsed(app, "--max-connections", settings.reassembly.connections, parse_connections, "N", "connections followed at once [65536]")
        ->group(group);
}

}  // namespace

void add_http(CLI::App& app, Run& run) {
    auto settings = std::make_shared<HttpSettings>();
    auto choice = std::make_shared<PodChoice>();
    CLI::App* command = app.add_subcommand("http", "one record an HTTP exchange");
    command->footer("Durations are written 250us, 10ms, 1.5s, 2m. Needs root, except with -r.");
    add_source(*command, *settings, *choice);
    add_pod_options(*command, settings->pods.sources);
    add_selection(*command, *settings);
    add_output(*command, *settings);
    add_limits(*command, *settings);
    command->callback([settings, choice, &run] {
        settings->pods.selection = choice->selection();
        const char* no_color = std::getenv("NO_COLOR");
        if (!settings->color && no_color != nullptr && *no_color != '\0') settings->color = false;
        if (settings->buffer_bytes != 0) settings->live.buffer_bytes = settings->buffer_bytes;
        settings->live.filter = {.body_preview = static_cast<std::uint32_t>(settings->http.body_preview),
                                 .decapsulate = settings->decode.decapsulate};
        run = [settings] { return trace_http(*settings); };
    });
}

}  // namespace podsnoop
