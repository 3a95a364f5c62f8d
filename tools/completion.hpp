// A shell's completion script, from the description of the command line.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "command_line.hpp"

namespace podsnoop {

std::string bash_completion(const CommandText& program, const std::vector<CommandText>& commands);
std::string zsh_completion(const CommandText& program, const std::vector<CommandText>& commands);
std::string fish_completion(const CommandText& program, const std::vector<CommandText>& commands);

/// All that `podsnoop pods` may be told to find the pods by, "--pods|--root", so that a completion asks as the command would.
std::string pod_finding_options(const std::vector<CommandText>& commands);
/// Words with something between.
std::string join(const std::vector<std::string>& words, std::string_view between);
/// Each of `special` with `mark` before it.
std::string mark(std::string_view text, std::string_view special, char mark);

}  // namespace podsnoop
