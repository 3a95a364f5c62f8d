// What --help looks like: in the columns of an 80-column terminal, and without what options exclude and need, which whoever
// gets it wrong is told.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace podsnoop {

class HelpText : public CLI::Formatter {
  public:
    HelpText();

    std::string make_help(const CLI::App* app, std::string name, CLI::AppFormatMode mode) const override;
    std::string make_option_name(const CLI::Option* option, bool is_positional) const override;
    std::string make_option_opts(const CLI::Option* option) const override;
    std::string make_option_desc(const CLI::Option* option) const override;
};

}  // namespace podsnoop
