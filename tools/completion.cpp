// podsnoop completion: a script that has a shell complete podsnoop's command line.
#include "completion.hpp"

#include <algorithm>
#include <memory>

#include "command.hpp"
#include "options.hpp"
#include "terminal.hpp"

namespace podsnoop {

std::string join(const std::vector<std::string>& words, std::string_view between) {
    std::string joined;
    for (const std::string& word : words) {
        if (!joined.empty()) joined += between;
        joined += word;
    }
    return joined;
}

std::string mark(std::string_view text, std::string_view special, char mark) {
    std::string marked;
    for (const char c : text) {
        if (special.find(c) != std::string_view::npos) marked += mark;
        marked += c;
    }
    return marked;
}

std::string pod_finding_options(const std::vector<CommandText>& commands) {
    std::vector<std::string> names;
    for (const CommandText& command : commands)
        for (const OptionText& option : command.options)
            for (const std::string& name : option.names)
                if (option.finds_pods && std::ranges::find(names, name) == names.end()) names.push_back(name);
    return join(names, "|");
}

namespace {

using Write = std::string (*)(const CommandText&, const std::vector<CommandText>&);

Result<Write> parse_shell(std::string_view text) {
    if (text == "bash") return &bash_completion;
    if (text == "zsh") return &zsh_completion;
    if (text == "fish") return &fish_completion;
    return fail("not a shell that is known", std::string(text), "it is none of bash, zsh, fish");
}

}  // namespace

void add_completion(CLI::App& app, Run& run) {
    auto write = std::make_shared<Write>();
    CLI::App* command = app.add_subcommand("completion", "a script that has a shell complete all this");
    command->footer("In a shell's startup file: source <(podsnoop completion bash)");
    const auto read = [write](const std::string& text) { *write = value_of("SHELL", parse_shell(text)); };
    command->add_option_function<std::string>("SHELL", read, "bash, zsh or fish")->type_name("SHELL")->required();
    command->callback(
        [&app, write, &run] { run = [text = (*write)(describe(app), describe_commands(app))] { return print_text(text); }; });
}

}  // namespace podsnoop
