// tracefs: where the kernel describes its tracepoints.
#pragma once

#include <string>

#include "base/fd.hpp"
#include "base/result.hpp"

namespace podsnoop {

/// The folder, wherever it is mounted. It is never mounted here: a kernel under lockdown may not survive that it is
/// unmounted again (seen with Linux 6.12).
Result<Fd> open_trace_folder();

/// A small file below a folder: at most 64 KiB.
Result<std::string> read_file_at(int folder, const std::string& path);

}  // namespace podsnoop
