// Where the ledger is written to when tracing ends.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/fd.hpp"
#include "base/result.hpp"
#include "terminal.hpp"

namespace podsnoop {

class LedgerFile {
  public:
    /// Opened before tracing, so that a wrong path is known at once. `path` is what --ledger says: "-" for standard output,
    /// nothing where it was not asked for. What is in a file of that name stays until `empty()`.
    static Result<LedgerFile> open(const std::optional<std::string>& path);

    Result<void> empty();
    /// Does nothing where it was not asked for.
    Result<void> write(std::string_view text, Output& standard_output);

  private:
    LedgerFile(std::optional<std::string> path, Fd file) : path_(std::move(path)), file_(std::move(file)) {}

    std::optional<std::string> path_;
    Fd file_;  // none for standard output
};

}  // namespace podsnoop
