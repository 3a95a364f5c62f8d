#include "probe_options.hpp"

#include "options.hpp"

namespace podsnoop {

void add_probe_options(CLI::App& app, ProbeSettings& settings) {
    const std::string output = "Output", limits = "When to stop", kernel = "The kernel";
    add_pod_choice(app, settings.choice, "Which pods");
    add_pod_options(app, settings.pods);
    add_parsed(app, "-o,--output", settings.format, parse_format, "FORMAT", format_help)->group(output);
    add_parsed(app, "--color", settings.color, parse_color, "WHEN", "auto, always or never [auto]")->group(output);
    app.add_option("--ledger", settings.ledger,
                   "write what was seen and what was missed here at the end; '-' for standard output")
        ->type_name("FILE")
        ->group(output);
    add_parsed(app, "-c,--count", settings.count, parse_count, "N", "stop after this many records")->group(limits);
    add_parsed(app, "--duration", settings.duration, parse_period, "DURATION", "stop after this long")->group(limits);
    app.add_option("--btf", settings.btf_file, "types of this very kernel, where it has none itself")
        ->type_name("FILE")
        ->group(kernel);
    // For tests of what is used instead.
    add_parsed(app, "--without", settings.without, parse_without, "LIST", "mechanisms not to use")->group("");
    app.parse_complete_callback([&settings] {
        settings.selection = settings.choice.selection();
        heed_no_color(settings.color);
    });
}

}  // namespace podsnoop
