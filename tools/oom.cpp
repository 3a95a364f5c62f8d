// podsnoop oom: one record an OOM kill.
#include <memory>

#include "command.hpp"
#include "event/fields_oom.hpp"
#include "privileges.hpp"
#include "probe/oom.hpp"
#include "probe_options.hpp"
#include "probe_pods.hpp"
#include "probe_session.hpp"
#include "say.hpp"

namespace podsnoop {

namespace {

Result<void> trace_oom(const ProbeSettings& settings) {
    auto session = ProbeSession::open(settings);
    if (!session) return std::unexpected(session.error());
    auto probe = OomProbe::open(read_features(settings.without, settings.btf_file));
    if (!probe) return std::unexpected(probe.error());
    auto pods = ProbePods::start(settings.pods, settings.selection);
    if (!pods) return std::unexpected(pods.error());
    if (Result<void> dropped = drop_privileges({.probes = true}); !dropped) return dropped;
    const std::string lacks = probe->lacks();
    say("tracing OOM kills by " + std::string(name_of(probe->source())) + (lacks.empty() ? "" : ", " + lacks) +
        "; Ctrl-C ends it");
    return run_probe<OomKill>(*probe, **pods, **session, "OOM kill", [&](OomKill& kill) { return (*pods)->look_up(kill); });
}

}  // namespace

void add_oom(CLI::App& app, Run& run) {
    auto settings = std::make_shared<ProbeSettings>();
    CLI::App* command = app.add_subcommand("oom", "one record an OOM kill");
    command->footer("Needs root.");
    add_probe_options(*command, *settings);
    command->callback([settings, &run] { run = [settings] { return trace_oom(*settings); }; });
}

}  // namespace podsnoop
