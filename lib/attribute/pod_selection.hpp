// Which pods are meant: `--pod [NAMESPACE/]NAME` and `-n NAMESPACE`.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "event/glob.hpp"
#include "event/pod.hpp"

namespace podsnoop {

class PodSelection {
  public:
    /// All of them.
    PodSelection() = default;
    /// In names `*` is any run of characters and `?` any one. A name without a namespace is looked for in
    /// `namespace_name`, where that is empty in all. Fails where a name can be none.
    static Result<PodSelection> parse(std::span<const std::string> pods, std::string_view namespace_name);

    /// Whether it was asked for any at all.
    [[nodiscard]] bool empty() const { return patterns_.empty(); }
    [[nodiscard]] bool matches(const PodRecord& pod) const;

    struct Unmatched {
        std::string pattern;            ///< as it was asked for
        std::vector<std::string> near;  ///< what may be meant: "namespace/name", or namespaces; at most three
    };
    /// What was asked for and is none of these pods.
    [[nodiscard]] std::vector<Unmatched> unmatched(std::span<const PodRecord> pods) const;

  private:
    struct Pattern {
        std::string namespace_text, name_text;  // as asked for; a name that is empty was not
        Glob namespace_name, name;

        [[nodiscard]] bool matches(const PodRecord& pod) const {
            return namespace_name.matches(pod.namespace_name) && name.matches(pod.name);
        }
    };
    std::vector<Pattern> patterns_;
};

}  // namespace podsnoop
