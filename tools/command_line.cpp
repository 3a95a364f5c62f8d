#include "command_line.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include "event/http_methods.hpp"
#include "pod_options.hpp"

namespace podsnoop {

namespace {

/// "table, wide, json or csv [table]": the words before the default.
std::vector<std::string> words_in(std::string_view help) {
    std::vector<std::string> words;
    help = help.substr(0, help.find(" ["));
    while (!help.empty()) {
        const std::size_t end = std::min(help.find(", "), help.find(" or "));
        words.emplace_back(help.substr(0, end));
        if (end == std::string_view::npos) break;
        help.remove_prefix(end + (help[end] == ',' ? 2 : 4));
    }
    return words;
}

/// What may stand for an option's value; of some the help has examples only.
std::vector<std::string> words_for(const CLI::Option& option) {
    if (option.check_lname("method")) return {http_methods.begin(), http_methods.end()};
    if (option.check_lname("status")) return {"1xx", "2xx", "3xx", "4xx", "5xx"};
    return words_in(option.get_description());
}

Offer offer_for(std::string_view value, const CLI::Option& option) {
    constexpr std::pair<std::string_view, Offer> offers[] = {
        {"FORMAT", Offer::words},      {"WHEN", Offer::words},          {"SHELL", Offer::words},
        {"FIELD", Offer::words},       {"KEY[,KEY]", Offer::word_list}, {"LIST", Offer::word_list},
        {"FILE", Offer::files},        {"DIR", Offer::folders},         {"PID|PATH|NAME", Offer::network_namespaces},
        {"NS", Offer::pod_namespaces}, {"[NS/]NAME", Offer::pods},
    };
    if (option.check_lname("interface")) return Offer::interfaces;
    for (const auto& [name, offer] : offers)
        if (name == value) return offer;
    return Offer::nothing;
}

OptionText describe(const CLI::Option& option) {
    OptionText text;
    for (const std::string& name : option.get_snames()) text.names.push_back("-" + name);
    for (const std::string& name : option.get_lnames()) text.names.push_back("--" + name);
    if (option.get_type_size() != 0) text.value = option.get_type_name();
    text.help = option.get_description();
    text.offer = offer_for(text.value, option);
    if (text.offer == Offer::words || text.offer == Offer::word_list) text.words = words_for(option);
    text.finds_pods = option.get_group() == pod_options_group && (text.offer == Offer::files || text.offer == Offer::folders);
    return text;
}

}  // namespace

CommandText describe(const CLI::App& app) {
    CommandText text{.name = app.get_parent() == nullptr ? "" : app.get_name(), .help = app.get_description(), .options = {}};
    for (const CLI::Option* option : app.get_options())
        if (!option->get_group().empty()) text.options.push_back(describe(*option));
    return text;
}

std::vector<CommandText> describe_commands(const CLI::App& program) {
    std::vector<CommandText> commands;
    for (const CLI::App* command : program.get_subcommands({})) commands.push_back(describe(*command));
    return commands;
}

}  // namespace podsnoop
