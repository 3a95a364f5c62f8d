// podsnoop http: one record an HTTP exchange.
#include <memory>

#include "base/size.hpp"
#include "command.hpp"
#include "session.hpp"

namespace podsnoop {

namespace {

/// An option whose value a parse function of the library reads. Its Error becomes CLI11's, so that a bad value
/// is wrong usage like any other.
template <class T, class Parse>
CLI::Option* add_parsed(CLI::App& app, const std::string& name, T& value, Parse parse, const std::string& help) {
    return app.add_option_function<std::string>(
        name,
        [&value, parse, name](const std::string& text) {
            auto parsed = parse(text);
            if (!parsed) {
                const Error& error = parsed.error();
                throw CLI::ValidationError(name.substr(name.find("--")),
                                           error.line() + (error.hint.empty() ? "" : " (" + error.hint + ")"));
            }
            value = std::move(*parsed);
        },
        help);
}

constexpr std::size_t largest_preview = 65536, smallest_buffer = 256 << 10, largest_buffer = std::size_t{1} << 31;

Result<std::size_t> parse_body_preview(std::string_view text) {
    Result<std::size_t> size = parse_size(text);
    if (size && *size > largest_preview) return fail("too many bytes", std::string(text), "at most 65536 are kept of a body");
    return size;
}

Result<std::size_t> parse_buffer(std::string_view text) {
    Result<std::size_t> size = parse_size(text);
    if (size && (*size < smallest_buffer || *size > largest_buffer))
        return fail("not a buffer size", std::string(text), "it must be 256KiB to 2GiB");
    return size;
}

void add_source(CLI::App& app, HttpSettings& settings) {
    app.add_option("-i,--interface", settings.live.interfaces, "trace this interface; repeatable; 'any' for all (the default)")
        ->type_name("NAME")
        ->allow_extra_args(false);
    app.add_option("--netns", settings.live.netns, "enter this network namespace first")->type_name("PID|PATH|NAME");
    add_parsed(app, "--buffer", settings.live.buffer_bytes, parse_buffer, "memory for packets not yet read, each interface [32MiB]")
        ->type_name("SIZE");
    app.add_option("-r,--read", settings.read, "read a pcap or pcapng file instead; '-' for standard input")->type_name("FILE");
}

void add_selection(CLI::App& app, HttpSettings& settings) {
    Selection& selection = settings.selection;
    const std::string group = "Which exchanges to print (all are counted)";
    add_parsed(app, "--port", selection.ports, parse_ports, "the server's port")->type_name("N[,N]")->group(group);
    add_parsed(app, "--host", selection.host, parse_host_glob, "the Host asked for")->type_name("GLOB")->group(group);
    add_parsed(app, "--method", selection.methods, parse_methods, "methods")->type_name("LIST")->group(group);
    add_parsed(app, "--path", selection.path, parse_path_glob, "the target's path")->type_name("GLOB")->group(group);
    add_parsed(app, "--status", selection.statuses, parse_statuses, "404, 5xx, >=400, 400-499")->type_name("LIST")->group(group);
    add_parsed(app, "--slower-than", selection.slower_than, parse_duration, "took at least this long")
        ->type_name("DURATION")
        ->group(group);
    app.add_flag("--errors", selection.errors, "5xx, or no complete response")->group(group);
}

void add_output(CLI::App& app, HttpSettings& settings) {
    const std::string group = "Output";
    app.add_option("-o,--output", settings.format, "table, wide, json or csv [table]")
        ->transform(CLI::Transformer(std::map<std::string, Format>{
                        {"table", Format::table}, {"wide", Format::wide}, {"json", Format::json}, {"csv", Format::csv}})
                        .description(""))
        ->type_name("FORMAT")
        ->group(group);
    add_parsed(
        app, "--color", settings.color,
        [](std::string_view text) -> Result<std::optional<bool>> {
            if (text == "auto") return std::optional<bool>{};
            if (text == "always") return true;
            if (text == "never") return false;
            return fail("not a choice", std::string(text), {}, "auto, always or never");
        },
        "auto, always or never [auto]")
        ->type_name("WHEN")
        ->group(group);
    app.add_option("--headers", settings.http.headers, "show these header fields too")
        ->delimiter(',')
        ->type_name("NAME[,NAME]")
        ->allow_extra_args(false)
        ->group(group);
    add_parsed(app, "--body", settings.http.body_preview, parse_body_preview, "show the first bytes of each body, at most 65536")
        ->type_name("N")
        ->group(group);
    app.add_flag("--show-secrets", settings.http.show_secrets,
                 "do not mask Authorization, Proxy-Authorization, Cookie and Set-Cookie")
        ->group(group);
    app.add_option("--ledger", settings.ledger, "write what was seen and missed here at the end; '-' for standard output")
        ->type_name("FILE")
        ->group(group);
}

void add_limits(CLI::App& app, HttpSettings& settings) {
    const std::string group = "When to stop, and limits";
    app.add_option("-c,--count", settings.count, "stop after this many records")->type_name("N")->check(CLI::PositiveNumber)->group(group);
    add_parsed(app, "--duration", settings.duration, parse_duration, "stop after this long")->type_name("DURATION")->group(group);
    add_parsed(app, "--timeout", settings.http.timeout, parse_duration, "tell a request without an answer after this long [60s]")
        ->type_name("DURATION")
        ->group(group);
    app.add_option("--max-connections", settings.reassembly.connections, "connections followed at once [65536]")
        ->type_name("N")
        ->check(CLI::Range(1, 16'777'216))
        ->group(group);
}

}  // namespace

void add_http(CLI::App& app, Run& run) {
    auto settings = std::make_shared<HttpSettings>();
    CLI::App* command = app.add_subcommand("http", "one record an HTTP exchange");
    command->footer("Durations are written 250us, 10ms, 1.5s, 2m. Needs root, but for -r.");
    add_source(*command, *settings);
    add_selection(*command, *settings);
    add_output(*command, *settings);
    add_limits(*command, *settings);
    command->callback([settings, &run] {
        const char* no_color = std::getenv("NO_COLOR");
        if (!settings->color && no_color != nullptr && *no_color != '\0') settings->color = false;
        settings->live.body_preview = static_cast<std::uint32_t>(settings->http.body_preview);
        run = [settings] { return trace_http(*settings); };
    });
}

}  // namespace podsnoop
