#include "http_options.hpp"

#include <cstdint>

#include "options.hpp"
#include "trace_options.hpp"

namespace podsnoop {

void add_selection_options(CLI::App& app, HttpSettings& settings, const std::string& group) {
    Selection& selection = settings.selection;
    add_parsed_list(app, "--port", selection.ports, parse_ports, "N[,N]", "the server's port")->group(group);
    add_parsed(app, "--host", selection.host, parse_host_glob, "GLOB", "the host asked for")->group(group);
    add_parsed_list(app, "--method", selection.methods, parse_methods, "LIST", "GET, POST, ...")->group(group);
    add_parsed(app, "--path", selection.path, parse_path_glob, "GLOB", "the target's path")->group(group);
    add_parsed_list(app, "--status", selection.statuses, parse_statuses, "LIST", "404, 5xx, >=400, 400-499")->group(group);
    add_parsed(app, "--slower-than", selection.slower_than, parse_duration, "DURATION", "took at least this long")->group(group);
    app.add_flag("--errors", selection.errors, "5xx, or no complete response")->group(group);
}

void add_limit_options(CLI::App& app, HttpSettings& settings, const std::string& group) {
    add_duration_option(app, settings, group);
    add_parsed(app, "--timeout", settings.http.timeout, parse_period, "DURATION",
               "tell a request that got no answer for this long [60s]")
        ->group(group);
    add_parsed(app, "--max-connections", settings.reassembly.connections, parse_connections, "N",
               "connections followed at once [65536]")
        ->group(group);
}

void complete_http(HttpSettings& settings, const PodChoice& choice) {
    complete(settings, choice);
    settings.live.filter = {.body_preview = static_cast<std::uint32_t>(settings.http.body_preview),
                            .decapsulate = settings.decode.decapsulate};
}

}  // namespace podsnoop
