// podsnoop pods: one record a pod of this node.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "attribute/kubelet.hpp"
#include "attribute/node_files.hpp"
#include "attribute/pod_selection.hpp"
#include "command.hpp"
#include "event/fields_pod.hpp"
#include "options.hpp"
#include "pod_options.hpp"
#include "print/record_printer.hpp"
#include "terminal.hpp"

namespace podsnoop {

namespace {

struct PodsSettings {
    std::vector<std::string> pods;
    std::string namespace_name;
    PodSelection selection;
    PodOptions sources;
    Format format = Format::table;
    std::optional<bool> color;
};

void say(const Error& error) {
    std::fprintf(stderr, "podsnoop: %s\n", error.line().c_str());
    if (!error.hint.empty()) std::fprintf(stderr, "hint: %s\n", error.hint.c_str());
}

/// The pods of this node by all that can be asked. A source that fails is worth a line only where another does not.
Result<std::vector<PodRecord>> find_pods(const PodOptions& sources) {
    // A saved answer is of another time, and maybe of another node: nothing here belongs to it.
    if (!sources.pods_file.empty()) return read_pods_file(sources.pods_file);
    auto named = Kubelet(sources.kubelet).pods();
    auto found = read_node_files(sources.kubelet.root);
    if (!named && !found) {
        say(named.error());
        return std::unexpected(found.error());
    }
    if (!named) say(named.error());
    if (!found) say(found.error());
    const bool has_nameless =
        found && std::ranges::any_of(*found, [](const PodRecord& pod) { return pod.name.empty() && !pod.containers.empty(); });
    if (!named && has_nameless)
        say({"some pods are left out", "", "no file here has their names", "in a debug pod, --root /host is the node's"});
    return merge_pods(named ? std::move(*named) : std::vector<PodRecord>(),
                      found ? std::move(*found) : std::vector<PodRecord>());
}

Result<void> check_all_matched(const PodSelection& selection, const std::vector<PodRecord>& pods) {
    std::vector<Error> errors;
    for (const PodSelection::Unmatched& unmatched : selection.unmatched(pods)) {
        std::string near;
        for (const std::string& name : unmatched.near) near += (near.empty() ? "" : ", ") + name;
        errors.push_back({"no such pod on this node", unmatched.pattern, "",
                          near.empty() ? "podsnoop pods lists them" : "did you mean " + near + "?"});
    }
    if (errors.empty()) return {};
    for (std::size_t i = 0; i + 1 < errors.size(); ++i) say(errors[i]);
    return std::unexpected(std::move(errors.back()));
}

Result<void> list_pods(const PodsSettings& settings) {
    auto signals = StopSignals::open();
    if (!signals) return std::unexpected(signals.error());
    Output output(*signals);
    const auto all = find_pods(settings.sources);
    if (!all) return std::unexpected(all.error());
    std::vector<PodRecord> pods;
    std::ranges::copy_if(*all, std::back_inserter(pods), [&](const PodRecord& pod) { return settings.selection.matches(pod); });
    std::ranges::sort(pods, {}, [](const PodRecord& pod) { return std::tie(pod.namespace_name, pod.name, pod.uid); });

    RecordPrinter<PodRecord> printer({.format = settings.format,
                                      .color = settings.color.value_or(output.is_terminal()),
                                      .width = output.width()});
    printer.fit(pods);
    std::string text;
    if (!pods.empty() || settings.selection.empty()) printer.header(text);
    for (const PodRecord& pod : pods) printer.print(text, pod);
    if (const auto written = output.write(text); !written) return std::unexpected(written.error());
    return check_all_matched(settings.selection, *all);
}

}  // namespace

void add_pods(CLI::App& app, Run& run) {
    auto settings = std::make_shared<PodsSettings>();
    CLI::App* command = app.add_subcommand("pods", "one record a pod of this node");
    command->footer("Without the kubelet, what the node's own files tell. Needs root.");
    const std::string group = "Which pods";
    command->add_option("--pod", settings->pods, "this pod; '*' in it matches anything; repeatable")
        ->type_name("[NS/]NAME")
        ->expected(1)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
        ->group(group);
    add_parsed(*command, "-n,--namespace", settings->namespace_name, parse_name, "NS", "those of this namespace")->group(group);
    add_pod_options(*command, settings->sources);
    const std::string output = "Output";
    add_parsed(*command, "-o,--output", settings->format, parse_format, "FORMAT", "table, wide, json or csv [table]")->group(output);
    add_parsed(*command, "--color", settings->color, parse_color, "WHEN", "auto, always or never [auto]")->group(output);
    command->callback([settings, &run] {
        settings->selection = value_of("--pod", PodSelection::parse(settings->pods, settings->namespace_name));
        const char* no_color = std::getenv("NO_COLOR");
        if (!settings->color && no_color != nullptr && *no_color != '\0') settings->color = false;
        run = [settings] { return list_pods(*settings); };
    });
}

}  // namespace podsnoop
