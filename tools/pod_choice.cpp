#include "pod_choice.hpp"

#include "options.hpp"

namespace podsnoop {

PodSelection PodChoice::selection() const { return value_of("--pod", PodSelection::parse(pods, namespace_name)); }

CLI::Option* add_pod_choice(CLI::App& app, PodChoice& choice, const std::string& group) {
    CLI::Option* pod = app.add_option("--pod", choice.pods, "this pod; '*' in it matches anything; repeatable")
                           ->type_name("[NS/]NAME")
                           ->expected(1)
                           ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
                           ->group(group);
    add_parsed(app, "-n,--namespace", choice.namespace_name, parse_name, "NS", "the pods of this namespace")->group(group);
    return pod;
}

std::vector<Error> unmatched_errors(const PodSelection& selection, std::span<const PodRecord> pods) {
    std::vector<Error> errors;
    for (const PodSelection::Unmatched& unmatched : selection.unmatched(pods)) {
        std::string near;
        for (const std::string& name : unmatched.near) near += (near.empty() ? "" : ", ") + name;
        errors.push_back({"no such pod on this node", unmatched.pattern, "",
                          near.empty() ? "podsnoop pods lists them" : "did you mean " + near + "?"});
    }
    return errors;
}

}  // namespace podsnoop
