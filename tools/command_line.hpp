// The commands and their options as CLI11 has them, for whatever else tells of them: the one source is what add_*() say.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace podsnoop {

/// What a shell can offer for an option's value. The value's name says it: FILE, DIR, [NS/]NAME.
enum class Offer {
    nothing,
    words,               ///< those that its help names, or that are known of it
    word_list,           ///< several of such words, with commas between
    files,
    folders,
    interfaces,          ///< of the current namespace, and `any`
    network_namespaces,  ///< those with a name
    pods,                ///< as namespace/name
    pod_namespaces,
};

struct OptionText {
    std::vector<std::string> names;  ///< "-i", "--interface"; none for an argument
    std::string value;               ///< "NAME"; empty for a flag
    std::string help;
    Offer offer = Offer::nothing;
    std::vector<std::string> words;  ///< of Offer::words and Offer::word_list
    bool finds_pods = false;         ///< `podsnoop pods` takes it too, and its value is a path
};

struct CommandText {
    std::string name;  ///< empty for the program itself
    std::string help;
    std::vector<OptionText> options;  ///< but for hidden ones
};

CommandText describe(const CLI::App& app);
/// The program's commands, in the order of --help.
std::vector<CommandText> describe_commands(const CLI::App& program);

}  // namespace podsnoop
