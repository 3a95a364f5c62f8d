#include "help_text.hpp"

#include <string_view>
#include <utility>

#include "print/fold.hpp"

namespace podsnoop {

namespace {

constexpr unsigned terminal = 80, names = 29;

/// Lines of at most `width` columns, without a line end after the last.
std::string folded(std::string_view text, unsigned width) {
    std::string lines;
    while (!text.empty()) {
        if (!lines.empty()) lines += '\n';
        lines += take_line(text, width);
    }
    return lines;
}

}  // namespace

HelpText::HelpText() {
    column_width(names);
    label("SUBCOMMAND", "COMMAND");
}

// CLI11's own ends a group with an empty line more where another follows, even a hidden one.
std::string HelpText::make_help(const CLI::App* app, std::string name, CLI::AppFormatMode mode) const {
    std::string text = make_description(app) + make_usage(app, std::move(name));
    for (const std::string& group : app->get_groups()) {
        if (group.empty()) continue;  // hidden options
        const auto options = app->get_options([&](const CLI::Option* option) { return option->get_group() == group; });
        if (!options.empty()) text += make_group(group, false, options);
    }
    return text + make_subcommands(app, mode) + '\n' + folded(app->get_footer(), terminal) + '\n';
}

std::string HelpText::make_option_name(const CLI::Option* option, bool is_positional) const {
    std::string name = CLI::Formatter::make_option_name(option, is_positional);
    if (const std::size_t comma = name.find(','); comma != std::string::npos) name.insert(comma + 1, " ");
    return name;
}

std::string HelpText::make_option_opts(const CLI::Option* option) const {
    return option->get_type_size() == 0 || option->get_type_name().empty() ? "" : " " + option->get_type_name();
}

std::string HelpText::make_option_desc(const CLI::Option* option) const {
    return folded(CLI::Formatter::make_option_desc(option), terminal - names);
}

}  // namespace podsnoop
