// Whether a file's types are those of the kernel that runs.
#pragma once

#include <string>

namespace podsnoop {

/// Lets the kernel follow them to what this process knows of itself. False where they lead elsewhere, or nowhere. A
/// kernel that cannot run a program for trial (before Linux 5.10) is believed.
bool are_types_of_this_kernel(const std::string& btf_file);

}  // namespace podsnoop
