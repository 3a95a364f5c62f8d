// podsnoop backlog: overflows of listeners' queues.
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "command.hpp"
#include "event/fields_backlog.hpp"
#include "netstat_probe.hpp"
#include "node_listeners.hpp"
#include "options.hpp"
#include "privileges.hpp"
#include "probe/backlog.hpp"
#include "probe_options.hpp"
#include "probe_pods.hpp"
#include "probe_session.hpp"
#include "say.hpp"

namespace podsnoop {

namespace {

struct BacklogSettings : ProbeSettings {
    BacklogOptions probe;
    bool list = false;
};

/// Keeps what it takes to read the counts, and to find who listens.
Result<void> drop_all_but_looking() { return drop_privileges({.sockets = true, .namespaces = true, .owners = true}); }

template <class Probe>
Result<void> trace(Probe& probe, NodeListeners& listeners, ProbePods& pods, ProbeSession& session, const std::string& mechanism) {
    if (Result<void> dropped = drop_all_but_looking(); !dropped) return dropped;
    say("tracing full queues of listeners by " + mechanism + "; Ctrl-C ends it");
    return run_probe<BacklogOverflow>(probe, pods, session, "record", [&](BacklogOverflow& overflow) {
        if (overflow.listener.endpoint.port != 0) listeners.find_owner(overflow.listener);
        return pods.look_up(overflow.listener, overflow.time);
    });
}

Result<void> trace_backlog(const BacklogSettings& settings) {
    auto session = ProbeSession::open(settings);
    if (!session) return std::unexpected(session.error());
    const Features features = read_features(settings.without, settings.btf_file);
    auto probe = BacklogProbe::open(features, settings.probe);
    if (!probe && settings.without.netstat) return std::unexpected(probe.error());
    auto pods = ProbePods::start(settings.pods, settings.selection);
    if (!pods) return std::unexpected(pods.error());
    NodeListeners listeners(settings.pods.kubelet.root);
    // A socket knows the cgroup of version 2 that it was made in.
    const bool v1 = features.cgroup == CgroupVersion::v1 || features.cgroup == CgroupVersion::hybrid;
    const std::string cgroups = v1 ? ", without the cgroup where a listener's process is not found (cgroups of version 1)" : "";
    if (probe) return trace(*probe, listeners, **pods, **session, std::string(name_of(probe->source())) + cgroups);
    auto netstat = NetstatProbe::open(listeners, settings.probe.interval);
    if (!netstat) return std::unexpected(netstat.error());
    std::string lacks = settings.probe.syn_queue ? "without SYN queues, stage and client, " : "without stage and client, ";
    if (::geteuid() != 0) lacks += "without network namespaces of others, ";
    return trace(*netstat, listeners, **pods, **session,
                 "netstat, " + lacks + "and without the listener where several are full (" + probe.error().why + ")");
}

/// Every listener of the node, or of the pods selected, once.
Result<void> list_listeners(const BacklogSettings& settings) {
    auto session = ProbeSession::open(settings);
    if (!session) return std::unexpected(session.error());
    auto pods = ProbePods::start(settings.pods, settings.selection);
    if (!pods) return std::unexpected(pods.error());
    if (Result<void> dropped = drop_all_but_looking(); !dropped) return dropped;
    if (Result<void> begun = (*session)->begin(); !begun) return begun;
    const Time now = std::chrono::time_point_cast<Nanoseconds>(std::chrono::system_clock::now());
    std::vector<ListenerState> states = NodeListeners(settings.pods.kubelet.root).list(now);
    std::erase_if(states, [&](ListenerState& state) { return !(*pods)->look_up(state.listener, now); });
    // The fullest first: that is what is looked for.
    std::ranges::stable_sort(states, std::greater{}, [](const ListenerState& state) { return state.length; });
    RecordPrinter<ListenerState> printer((*session)->print_options());
    printer.fit(states);
    printer.header((*session)->pending());
    for (const ListenerState& state : states)
        if ((*session)->may_print()) printer.print((*session)->pending(), state);
    return (*session)->flush();
}

}  // namespace

void add_backlog(CLI::App& app, Run& run) {
    auto settings = std::make_shared<BacklogSettings>();
    CLI::App* command = app.add_subcommand("backlog", "overflows of listeners' queues");
    command->footer("Needs root.");
    const std::string group = "What to tell";
    command->add_flag("--syn", settings->probe.syn_queue, "overflows of the queue of half-open connections too, and SYN cookies")
        ->group(group);
    add_parsed(*command, "--interval", settings->probe.interval, parse_period, "DURATION",
               "between two records of one listener [1s]")
        ->group(group);
    command->add_flag("--list", settings->list, "every listener's queue as it is now, instead")->group(group);
    add_probe_options(*command, *settings);
    command->callback(
        [settings, &run] { run = [settings] { return settings->list ? list_listeners(*settings) : trace_backlog(*settings); }; });
}

}  // namespace podsnoop
