#include "event/glob.hpp"

#include <cstddef>
#include <utility>

#include "base/letters.hpp"

namespace podsnoop {

Glob::Glob(std::string pattern, Case letters) : pattern_(std::move(pattern)), case_(letters) {
    if (case_ == Case::ignored)
        for (char& c : pattern_) c = to_lower(c);
}

bool Glob::matches(std::string_view text) const {
    // Where a later part does not match, only the last `*` can take more: what earlier ones took was the
    // least.
    constexpr std::size_t none = std::string::npos;
    std::size_t at = 0, in = 0, star = none, star_took_until = 0;
    while (at < text.size()) {
        const char c = case_ == Case::ignored ? to_lower(text[at]) : text[at];
        if (in < pattern_.size() && pattern_[in] == '*') {
            star = in++;
            star_took_until = at;
        } else if (in < pattern_.size() && (pattern_[in] == '?' || pattern_[in] == c)) {
            ++in;
            ++at;
        } else if (star != none) {
            in = star + 1;
            at = ++star_took_until;
        } else {
            return false;
        }
    }
    while (in < pattern_.size() && pattern_[in] == '*') ++in;
    return in == pattern_.size();
}

}  // namespace podsnoop
