// podsnoop pods: one record a pod of this node.
#include <algorithm>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "attribute/kubelet.hpp"
#include "attribute/node_files.hpp"
#include "command.hpp"
#include "event/fields_pod.hpp"
#include "options.hpp"
#include "pod_choice.hpp"
#include "pod_options.hpp"
#include "pod_sources.hpp"
#include "print/record_printer.hpp"
#include "privileges.hpp"
#include "terminal.hpp"

namespace podsnoop {

namespace {

struct PodsSettings {
    PodChoice choice;
    PodSelection selection;
    PodOptions sources;
    Format format = Format::table;
    std::optional<bool> color;
};

void say(const Error& error) {
    std::fprintf(stderr, "podsnoop: %s\n", error.line().c_str());
    if (!error.hint.empty()) std::fprintf(stderr, "hint: %s\n", error.hint.c_str());
}

/// The pods of this node by all that can be asked, or nothing where a signal came first. A source that fails is worth
/// a line only where another does not.
std::optional<Result<std::vector<PodRecord>>> find_pods(const PodOptions& sources, StopSignals& signals) {
    // A saved answer is of another time, and maybe of another node: nothing here belongs to it.
    if (!sources.pods_file.empty()) {
        const Result<PodList> saved = read_saved_answer(sources.pods_file);
        if (!saved) return std::unexpected(saved.error());
        return std::vector<PodRecord>(saved->begin(), saved->end());
    }
    Kubelet kubelet(sources.kubelet);
    auto answer = ask_once(kubelet, signals);
    if (!answer) return std::nullopt;
    auto& named = *answer;
    if (Result<void> dropped = drop_privileges({.pods = true}); !dropped) return std::unexpected(dropped.error());
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
    return merge_pods(named ? std::move(*named) : std::vector<PodRecord>(), found ? std::move(*found) : std::vector<PodRecord>());
}

Result<void> list_pods(const PodsSettings& settings) {
    auto signals = StopSignals::open();
    if (!signals) return std::unexpected(signals.error());
    Output output(*signals);
    const auto found = find_pods(settings.sources, *signals);
    if (!found) return {};
    const auto& all = *found;
    if (!all) return std::unexpected(all.error());
    std::vector<PodRecord> pods;
    std::ranges::copy_if(*all, std::back_inserter(pods), [&](const PodRecord& pod) { return settings.selection.matches(pod); });
    std::ranges::sort(pods, {}, [](const PodRecord& pod) { return std::tie(pod.namespace_name, pod.name, pod.uid); });

    RecordPrinter<PodRecord> printer(
        {.format = settings.format, .color = settings.color.value_or(output.is_terminal()), .width = output.width()});
    printer.fit(pods);
    std::string text;
    if (!pods.empty() || settings.selection.empty()) printer.header(text);
    for (const PodRecord& pod : pods) printer.print(text, pod);
    if (const auto written = output.write(text); !written) return std::unexpected(written.error());
    std::vector<Error> unmatched = unmatched_errors(settings.selection, *all);
    if (unmatched.empty()) return {};
    for (std::size_t i = 0; i + 1 < unmatched.size(); ++i) say(unmatched[i]);
    return std::unexpected(std::move(unmatched.back()));
}

}  // namespace

void add_pods(CLI::App& app, Run& run) {
    auto settings = std::make_shared<PodsSettings>();
    CLI::App* command = app.add_subcommand("pods", "one record a pod of this node");
    command->footer("Without the kubelet, what the node's own files tell. Needs root.");
    add_pod_choice(*command, settings->choice, "Which pods");
    add_pod_options(*command, settings->sources);
    const std::string output = "Output";
    add_parsed(*command, "-o,--output", settings->format, parse_format, "FORMAT", format_help)->group(output);
    add_parsed(*command, "--color", settings->color, parse_color, "WHEN", "auto, always or never [auto]")->group(output);
    command->callback([settings, &run] {
        settings->selection = settings->choice.selection();
        heed_no_color(settings->color);
        run = [settings] { return list_pods(*settings); };
    });
}

}  // namespace podsnoop
