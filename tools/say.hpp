// What the program tells people beside its records.
#pragma once

#include <cstdio>
#include <string_view>

namespace podsnoop {

/// One line on standard error.
inline void say(std::string_view text) { std::fprintf(stderr, "podsnoop: %.*s\n", static_cast<int>(text.size()), text.data()); }

}  // namespace podsnoop
