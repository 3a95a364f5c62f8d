// Shell-like patterns: `*` is any run of characters, also none and also across slashes; `?` is one byte; all
// else is itself. There is no escaping and there are no brackets: nothing that targets and host names would
// trip over.
#pragma once

#include <string>
#include <string_view>

namespace podsnoop {

enum class Case : bool { matters, ignored };

class Glob {
  public:
    Glob(std::string pattern, Case letters);
    /// Takes at most pattern times text steps, whatever they are.
    [[nodiscard]] bool matches(std::string_view text) const;
    [[nodiscard]] bool contains(char c) const { return pattern_.find(c) != std::string::npos; }

  private:
    std::string pattern_;
    Case case_;
};

}  // namespace podsnoop
