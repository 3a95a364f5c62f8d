#include "attribute/pod_selection.hpp"

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <optional>
#include <set>
#include <utility>

#include "base/letters.hpp"

namespace podsnoop {

namespace {

constexpr std::size_t most_near = 3, most_pattern = 512;

bool can_be_name(std::string_view pattern) {
    return !pattern.empty() && pattern.size() <= most_pattern && std::ranges::all_of(pattern, [](char c) {
        return (c >= 'a' && c <= 'z') || is_digit(c) || c == '-' || c == '.' || c == '*' || c == '?';
    });
}

/// How many letters have to be put in, left out or changed to make one text of the other (Levenshtein).
std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 0; i < a.size(); ++i) {
        std::size_t before = std::exchange(row[0], i + 1);  // of the row above, one to the left
        for (std::size_t j = 0; j < b.size(); ++j) {
            const std::size_t change = before + (a[i] == b[j] ? 0 : 1);
            before = row[j + 1];
            row[j + 1] = std::min({change, before + 1, row[j] + 1});
        }
    }
    return row.back();
}

/// How far a name is from what was asked for, less is nearer; nothing where it is not near at all. People ask for
/// "cart" and mean "cart-7d9f8b6c5-x2x4z": what a controller appended does not count.
std::optional<std::size_t> how_far(std::string_view asked, std::string_view name) {
    if (name.starts_with(asked)) return 0;
    constexpr std::size_t telling = 3;  // letters: one or two stand in almost any name
    if (asked.size() >= telling && (name.contains(asked) || asked.contains(name))) return 1;
    std::optional<std::size_t> least;
    for (int appended = 0; appended <= 2; ++appended) {
        const std::size_t letters = distance(asked, name);
        if (asked.size() >= telling && letters <= 1 + asked.size() / 4 && (!least || 1 + letters < *least)) least = 1 + letters;
        const std::size_t hyphen = name.rfind('-');
        if (hyphen == std::string_view::npos) break;
        name = name.substr(0, hyphen);
    }
    return least;
}

/// The nearest of some texts, by what `name_of` gives of each.
template <class NameOf>
std::vector<std::string> nearest(std::string_view asked, const std::set<std::string>& texts, NameOf name_of) {
    std::string letters(asked);
    std::erase_if(letters, [](char c) { return c == '*' || c == '?'; });
    std::vector<std::pair<std::size_t, std::string>> near;
    if (!letters.empty())
        for (const std::string& text : texts)
            if (const auto far = how_far(letters, name_of(text))) near.emplace_back(*far, text);
    std::ranges::sort(near);
    std::vector<std::string> names;
    for (auto& [far, text] : near)
        if (names.size() < most_near) names.push_back(std::move(text));
    return names;
}

std::string_view after_slash(std::string_view text) { return text.substr(text.find('/') + 1); }

}  // namespace

Result<PodSelection> PodSelection::parse(std::span<const std::string> pods, std::string_view namespace_name) {
    constexpr const char* rule = "lower-case letters, digits, '-', '.', and '*' for any of them";
    const auto make = [](std::string namespace_text, std::string name_text) {
        Glob in(namespace_text.empty() ? "*" : namespace_text, Case::matters);
        Glob name(name_text.empty() ? "*" : name_text, Case::matters);
        return Pattern{std::move(namespace_text), std::move(name_text), std::move(in), std::move(name)};
    };
    if (!namespace_name.empty() && !can_be_name(namespace_name))
        return fail("not a namespace", std::string(namespace_name), "", rule);
    PodSelection selection;
    for (const std::string& pod : pods) {
        const std::size_t slash = pod.find('/');
        const bool has_namespace = slash != std::string::npos;
        const std::string in = has_namespace ? pod.substr(0, slash) : std::string(namespace_name);
        const std::string name = has_namespace ? pod.substr(slash + 1) : pod;
        if (!can_be_name(name) || ((has_namespace || !in.empty()) && !can_be_name(in)))
            return fail("not a pod's name", pod, "", std::string("[NAMESPACE/]NAME: ") + rule);
        selection.patterns_.push_back(make(in, name));
    }
    if (pods.empty() && !namespace_name.empty()) selection.patterns_.push_back(make(std::string(namespace_name), {}));
    return selection;
}

bool PodSelection::matches(std::string_view namespace_name, std::string_view name) const {
    return patterns_.empty() || std::ranges::any_of(patterns_, [&](const Pattern& p) { return p.matches(namespace_name, name); });
}

std::vector<PodSelection::Unmatched> PodSelection::unmatched(std::span<const PodRecord> pods) const {
    std::vector<Unmatched> unmatched;
    std::set<std::string> names, namespaces;
    for (const Pattern& pattern : patterns_) {
        if (std::ranges::any_of(pods, [&](const PodRecord& pod) { return pattern.matches(pod.namespace_name, pod.name); }))
            continue;
        if (names.empty()) {
            for (const PodRecord& pod : pods) {
                names.insert(pod.namespace_name + '/' + pod.name);
                namespaces.insert(pod.namespace_name);
            }
        }
        if (pattern.name_text.empty()) {
            unmatched.push_back({pattern.namespace_text + "/*",
                                 nearest(pattern.namespace_text, namespaces, [](std::string_view name) { return name; })});
            continue;
        }
        // Those in the namespace asked for, else the same name elsewhere.
        std::set<std::string> here = names;
        std::erase_if(here,
                      [&](const std::string& name) { return !pattern.namespace_name.matches(name.substr(0, name.find('/'))); });
        std::vector<std::string> near = nearest(pattern.name_text, here, after_slash);
        if (near.empty()) near = nearest(pattern.name_text, names, after_slash);
        const std::string in = pattern.namespace_text.empty() ? "" : pattern.namespace_text + '/';
        unmatched.push_back({in + pattern.name_text, std::move(near)});
    }
    return unmatched;
}

}  // namespace podsnoop
