// podsnoop backlog: overflows of listeners' queues.
#include <memory>

#include "command.hpp"
#include "event/fields_backlog.hpp"
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
};

Result<void> trace_backlog(const BacklogSettings& settings) {
    auto session = ProbeSession::open(settings);
    if (!session) return std::unexpected(session.error());
    auto probe = BacklogProbe::open(read_features(settings.without, settings.btf_file), settings.probe);
    if (!probe) return std::unexpected(probe.error());
    auto pods = ProbePods::start(settings.pods, settings.selection);
    if (!pods) return std::unexpected(pods.error());
    // To read the counts, and to find who listens.
    if (Result<void> dropped = drop_privileges({.sockets = true, .namespaces = true, .owners = true}); !dropped) return dropped;
    NodeListeners listeners(settings.pods.kubelet.root);
    say("tracing full queues of listeners by " + std::string(name_of(probe->source())) + "; Ctrl-C ends it");
    return run_probe<BacklogOverflow>(*probe, **pods, **session, "record", [&](BacklogOverflow& overflow) {
        listeners.find_owner(overflow.listener);
        return (*pods)->look_up(overflow.listener, overflow.time);
    });
}

}  // namespace

void add_backlog(CLI::App& app, Run& run) {
    auto settings = std::make_shared<BacklogSettings>();
    CLI::App* command = app.add_subcommand("backlog", "overflows of listeners' queues");
    command->footer("Needs root.");
    const std::string group = "What to tell";
    command->add_flag("--syn", settings->probe.syn_queue, "overflows of the queue of half-open connections too, and SYN cookies")->group(group);
    add_parsed(*command, "--interval", settings->probe.interval, parse_period, "DURATION", "between two records of one listener [1s]")->group(group);
    add_probe_options(*command, *settings);
    command->callback([settings, &run] { run = [settings] { return trace_backlog(*settings); }; });
}

}  // namespace podsnoop
