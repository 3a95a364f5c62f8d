#include "trace_options.hpp"

#include "options.hpp"

namespace podsnoop {

void add_source_options(CLI::App& app, TraceSettings& settings, PodChoice& choice) {
    const std::string group = "Where packets come from";
    CLI::Option* interface =
        app.add_option("-i,--interface", settings.live.interfaces, "this interface; repeatable; 'any' for all")
            ->type_name("NAME")
            ->expected(1)
            ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
            ->group(group);
    CLI::Option* netns =
        add_parsed(app, "--netns", settings.live.netns, parse_name, "PID|PATH|NAME", "enter this network namespace first");
    netns->group(group);
    add_pod_choice(app, choice, group);
    add_parsed(app, "--buffer", settings.buffer_bytes, parse_buffer, "SIZE",
               "memory for packets not yet read, each interface [32MiB] or pod [64MiB together]")
        ->group(group);
    app.add_option("-r,--read", settings.read, "a pcap or pcapng file instead, gzipped or not; '-' for standard input")
        ->type_name("FILE")
        ->excludes(interface, netns)
        ->group(group);
    app.add_flag_callback(
           "--no-decap", [&settings] { settings.decode.decapsulate = false; },
           "do not look into VXLAN, Geneve, GRE, IPIP and MPLS")
        ->group(group);
    app.add_flag_callback(
           "--exclude-self", [&settings] { settings.exclude_self = true; },
           "leave out what carries this output away, as far as that is known (default)")
        ->group(group);
    app.add_flag_callback(
           "--no-exclude-self", [&settings] { settings.exclude_self = false; }, "tell that too")
        ->excludes("--exclude-self")
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

void add_format_option(CLI::App& app, TraceSettings& settings, const std::string& group,
                       Result<Format> (*parse)(std::string_view), const char* formats) {
    add_parsed(app, "-o,--output", settings.format, parse, "FORMAT", formats)->group(group);
}

void add_output_options(CLI::App& app, TraceSettings& settings, const std::string& group) {
    add_parsed(app, "--color", settings.color, parse_color, "WHEN", "auto, always or never [auto]")->group(group);
    app.add_option("--ledger", settings.ledger,
                   "write what was seen and what was missed here at the end; '-' for standard output")
        ->type_name("FILE")
        ->group(group);
}

void add_count_option(CLI::App& app, TraceSettings& settings, const std::string& group) {
    add_parsed(app, "-c,--count", settings.count, parse_count, "N", "stop after this many records")->group(group);
}

void add_duration_option(CLI::App& app, TraceSettings& settings, const std::string& group) {
    add_parsed(app, "--duration", settings.duration, parse_period, "DURATION", "stop after this long")->group(group);
}

void complete(TraceSettings& settings, const PodChoice& choice) {
    settings.pods.selection = choice.selection();
    heed_no_color(settings.color);
    if (settings.buffer_bytes != 0) settings.live.buffer_bytes = settings.buffer_bytes;
}

}  // namespace podsnoop
