// podsnoop: the program. Finds the command, runs it, and says in one line what went wrong.
#include <fcntl.h>
#include <malloc.h>

#include <cstdio>
#include <exception>
#include <memory>
#include <optional>
#include <string>

#include "base/letters.hpp"
#include "command.hpp"
#include "help_text.hpp"

namespace {

constexpr int exit_failed = 1;  // it could not do what was asked
constexpr int exit_usage = 2;   // wrong usage

void say(const std::string& line, const std::string& hint) {
    std::fprintf(stderr, "podsnoop: %s\n", line.c_str());
    if (!hint.empty()) std::fprintf(stderr, "hint: %s\n", hint.c_str());
}

/// Where one of the standard files is closed (`>&-`), what is opened next would take its number, and records would be
/// written into it.
void open_standard_files() {
    for (const int fd : {0, 1, 2})
        if (fcntl(fd, F_GETFD) < 0) static_cast<void>(open("/dev/null", O_RDWR));
}

/// CLI11's text for a wrong command line, as one line that starts as our own do.
std::string one_line(std::string text) {
    if (!text.empty()) text[0] = podsnoop::to_lower(text[0]);
    for (char& c : text)
        if (c == '\n') c = ' ';
    while (!text.empty() && text.back() == ' ') text.pop_back();
    return text;
}

/// Finds out what to run; an exit status where that is nothing. What is known of commands and options, 0.2 MiB, is gone with it.
std::optional<int> read_command_line(int argc, char** argv, podsnoop::Run& command) {
    CLI::App app{"See HTTP and TCP on this node, whose it is, with nothing to install."};
    app.name("podsnoop");
    app.set_version_flag("-V,--version", "podsnoop " PODSNOOP_VERSION);
    app.require_subcommand(1);
    app.formatter(std::make_shared<podsnoop::HelpText>());
    podsnoop::add_http(app, command);
    podsnoop::add_tcp(app, command);
    podsnoop::add_red(app, command);
    podsnoop::add_map(app, command);
    podsnoop::add_pods(app, command);
    podsnoop::add_oom(app, command);
    podsnoop::add_backlog(app, command);
    podsnoop::add_check(app, command);
    podsnoop::add_schema(app, command);
    podsnoop::add_completion(app, command);
    for (CLI::App* each : app.get_subcommands({})) each->group("Commands");
    app.footer("podsnoop COMMAND --help lists a command's options.");
    if (argc < 2) {
        say("no command given", "podsnoop --help lists the commands");
        return exit_usage;
    }
    const auto is_first = [&](CLI::App* known) { return known->get_name() == argv[1]; };
    if (argv[1][0] != '-' && app.get_subcommands(is_first).empty()) {
        say(std::string("no such command: ") + argv[1], "podsnoop --help lists the commands");
        return exit_usage;
    }
    try {
        app.parse(argc, argv);
    } catch (const CLI::Success& success) {  // --help, --version
        return app.exit(success);
    } catch (const CLI::ParseError& error) {
        const auto asked = app.get_subcommands();
        const std::string name = asked.empty() ? "podsnoop" : "podsnoop " + asked.front()->get_name();
        say(one_line(error.what()), name + " --help lists " + (asked.empty() ? "the commands" : "the options"));
        return exit_usage;
    }
    return std::nullopt;
}

int run(int argc, char** argv) {
    podsnoop::Run command;
    if (const std::optional<int> status = read_command_line(argc, argv, command)) return *status;
    const podsnoop::Result<void> result = command();
    if (result) return 0;
    say(result.error().line(), result.error().hint);
    return exit_failed;
}

}  // namespace

int main(int argc, char** argv) {
    open_standard_files();
    // The threads beside this one seldom allocate. An arena each would keep all that a list of pods took when it was read.
    static_cast<void>(::mallopt(M_ARENA_MAX, 1));
    // Left to itself this grows with what is freed, and the next list of pods is read in memory that is never given back.
    static_cast<void>(::mallopt(M_MMAP_THRESHOLD, 256 << 10));
    try {
        return run(argc, argv);
    } catch (const std::exception& error) {  // out of memory, most likely
        say(error.what(), {});
        return exit_failed;
    }
}
