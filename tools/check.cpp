// podsnoop check: what works here, what does not, and what to do about it.
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "attribute/conntrack.hpp"
#include "attribute/kubelet.hpp"
#include "attribute/node_files.hpp"
#include "attribute/service_reader.hpp"
#include "attribute/source_checks.hpp"
#include "capture/filter.hpp"
#include "capture/ring.hpp"
#include "command.hpp"
#include "netstat_probe.hpp"
#include "options.hpp"
#include "pod_options.hpp"
#include "pod_sources.hpp"
#include "print/check_printer.hpp"
#include "probe/backlog.hpp"
#include "probe/feature_checks.hpp"
#include "probe/oom.hpp"
#include "process_checks.hpp"
#include "terminal.hpp"

namespace podsnoop {

namespace {

using namespace std::chrono_literals;
using enum CheckState;

struct CheckSettings {
    PodOptions sources;
    Format format = Format::table;
    std::optional<bool> color;
    std::string btf_file;  ///< empty: the kernel's own
    Without without;
};

/// Looks at one thing after the other and prints what it finds at once, as some take their time.
class Check {
  public:
    Check(const CheckSettings& settings, StopSignals& signals)
        : settings_(settings),
          signals_(signals),
          output_(signals),
          printer_(
              {.format = settings.format, .color = settings.color.value_or(output_.is_terminal()), .width = output_.width()}) {
        printer_.header(text_);
    }

    /// Fails where http cannot run.
    Result<void> run();

  private:
    void tell(const CheckRecord& check) { printer_.print(text_, check); }
    void tell(const std::vector<CheckRecord>& checks) {
        for (const CheckRecord& check : checks) tell(check);
    }
    /// Writes what was told. False where nobody reads on.
    Result<bool> flush();

    void tell_packets(const CheckRecord& namespaces);
    void tell_tracing(std::string name, const std::optional<Error>& failed, const CheckRecord& namespaces,
                      const std::vector<std::string>& needed_for);
    void tell_oom(const Features& features);
    void tell_backlog(const Features& features);
    void tell_node();
    void tell_nat(std::span<const PodRecord> pods);
    void tell_kubelet();

    const CheckSettings& settings_;
    const std::string& root_ = settings_.sources.kubelet.root;
    StopSignals& signals_;
    Output output_;
    CheckPrinter printer_;
    std::string text_;             // told, and not written yet
    std::optional<Error> no_http_;  // why http cannot run
    bool files_have_names_ = false;
};

Result<bool> Check::flush() {
    const auto written = output_.write(text_);
    text_.clear();
    if (!written) return std::unexpected(written.error());
    return *written == Output::Written::all;
}

CheckRecord failed(std::string name, const Error& error, std::vector<std::string> needed_for) {
    return {.name = std::move(name),
            .state = missing,
            .detail = error.line(),
            .hint = error.hint,
            .needed_for = std::move(needed_for)};
}

/// The filters and the ring are those that tracing uses, but for the ring's size.
void Check::tell_packets(const CheckRecord& namespaces) {
    constexpr std::size_t small_ring = std::size_t{1} << 20;
    constexpr std::uint32_t loopback = 1;
    const std::vector<std::string> http_commands{"http", "red", "map"}, tcp_commands{"tcp"};
    std::optional<Error> no_tcp;
    const auto load = [&](const char* name, Keep keep, const std::vector<std::string>& commands, std::optional<Error>& lost) {
        auto filter = PacketFilter::load({.keep = keep});
        if (filter) tell({.name = name, .state = ok, .detail = "loads", .needed_for = commands});
        else tell(failed(name, *(lost = filter.error()), commands));
        return filter;
    };
    const auto http = load("packet-filter", Keep::http, http_commands, no_http_);
    const auto tcp = load("tcp-filter", Keep::tcp_headers, tcp_commands, no_tcp);
    if (http || tcp) {
        auto ring = PacketRing::open({.ifindex = loopback, .buffer_bytes = small_ring});
        if (ring)
            if (auto done = ring->allocate(); !done) ring = std::unexpected(done.error());
        if (ring)
            if (auto done = ring->attach((http ? http : tcp)->program_fd()); !done) ring = std::unexpected(done.error());
        if (ring) {
            tell({.name = "packet-socket", .state = ok, .detail = "opens on lo, with the filter", .needed_for = packet_commands});
        } else {
            tell(failed("packet-socket", ring.error(), packet_commands));
            for (std::optional<Error>* each : {&no_http_, &no_tcp})
                if (!*each) *each = ring.error();
        }
    } else {
        tell({.name = "packet-socket",
              .state = missing,
              .detail = "not tried, as there is no filter for it",
              .needed_for = packet_commands});
    }
    tell(namespaces);
    tell_tracing("http", no_http_, namespaces, http_commands);
    tell_tracing("tcp", no_tcp, namespaces, tcp_commands);
}

void Check::tell_tracing(std::string name, const std::optional<Error>& failed, const CheckRecord& namespaces,
                         const std::vector<std::string>& needed_for) {
    CheckRecord check{
        .name = std::move(name), .state = ok, .detail = "runs, in pods' network namespaces too", .needed_for = needed_for};
    if (failed) check.state = missing, check.detail = "cannot read packets";
    else if (namespaces.state == missing) check.state = degraded, check.detail = "runs in this network namespace only, with -i";
    tell(check);
}

void Check::tell_oom(const Features& features) {
    const auto probe = OomProbe::open(features);
    if (!probe) return tell(failed("oom", probe.error(), {"oom"}));
    const std::string lacks = probe->lacks();
    tell({.name = "oom",
          .state = lacks.empty() ? ok : degraded,
          .detail = "runs by " + std::string(name_of(probe->source())) + (lacks.empty() ? "" : ", " + lacks),
          .needed_for = {"oom"}});
}

void Check::tell_backlog(const Features& features) {
    CheckRecord check{.name = "backlog", .state = ok, .needed_for = {"backlog"}};
    const auto probe = BacklogProbe::open(features, {});
    NodeListeners listeners(root_);
    if (probe) {
        check.detail = "runs by " + std::string(name_of(probe->source()));
    } else if (const auto netstat = NetstatProbe::open(listeners, 1s); netstat && !settings_.without.netstat) {
        check.state = degraded;
        check.detail = "runs by the counters of network namespaces, with less to tell (" + probe.error().why + ")";
    } else {
        check = failed("backlog", probe.error(), {"backlog"});
    }
    tell(check);
}

void Check::tell_node() {
    const auto found = read_node_files(root_);
    files_have_names_ = found && check_node_files(found).state == ok;
    const std::vector<PodRecord> none;
    tell(check_processes(root_, found ? *found : none));
    tell(check_node_files(found));
    tell_nat(found ? *found : none);
}

void Check::tell_nat(std::span<const PodRecord> pods) {
    auto node = NetworkNamespace::open(root_ + "/proc/1/ns/net");
    if (!node) node = NetworkNamespace::current();
    if (!Conntrack::is_on())
        tell({.name = "conntrack",
              .state = missing,
              .detail = "this kernel tracks no connections, so it translates none",
              .needed_for = packet_commands});
    else if (const auto conntrack = node ? Conntrack::open(*node) : std::unexpected(node.error()); !conntrack)
        tell(failed("conntrack", conntrack.error(), packet_commands));
    else
        tell({.name = "conntrack",
              .state = ok,
              .detail = "tells the Service a connection was made to",
              .needed_for = packet_commands});
    const std::size_t names = node ? read_service_names(*node, pods, root_).size() : 0;
    if (names != 0)
        tell({.name = "service-names",
              .state = ok,
              .detail = std::to_string(names) + (names == 1 ? " Service's address" : " Services' addresses"),
              .needed_for = packet_commands});
    else
        tell({.name = "service-names",
              .state = missing,
              .detail = "in no rule of kube-proxy, in no container's environment",
              .needed_for = packet_commands});
}

/// The last: a kubelet that does not answer is waited for, until a signal comes.
void Check::tell_kubelet() {
    if (const std::string& file = settings_.sources.pods_file; !file.empty()) {
        const auto saved = read_saved_answer(file);
        if (saved)
            return tell({.name = "pods-file",
                         .state = ok,
                         .detail = file + ": " + std::to_string(saved->size()) + " pods",
                         .needed_for = pod_commands});
        return tell(failed("pods-file", saved.error(), pod_commands));
    }
    Kubelet kubelet(settings_.sources.kubelet);
    if (const auto pods = ask_once(kubelet, signals_)) tell(check_kubelet(kubelet.reports(), *pods, files_have_names_));
}

Result<void> Check::run() {
    tell(check_capabilities());
    tell(check_seccomp());
    const Features features = read_features(settings_.without, settings_.btf_file);
    tell(check_features(features));
    tell_packets(check_namespaces(root_));
    tell_oom(features);
    tell_backlog(features);
    for (void (Check::*next)() : {&Check::tell_node, &Check::tell_kubelet}) {
        const auto read_on = flush();
        if (!read_on) return std::unexpected(read_on.error());
        if (!*read_on) return {};
        (this->*next)();
    }
    if (const auto written = flush(); !written) return std::unexpected(written.error());
    if (no_http_) return fail("http cannot run here", "", no_http_->line(), no_http_->hint);
    return {};
}

Result<void> check(const CheckSettings& settings) {
    auto signals = StopSignals::open();
    if (!signals) return std::unexpected(signals.error());
    return Check(settings, *signals).run();
}

}  // namespace

void add_check(CLI::App& app, Run& run) {
    auto settings = std::make_shared<CheckSettings>();
    CLI::App* command = app.add_subcommand("check", "what works here, and what to do about the rest");
    command->footer("Tries each thing, and undoes it. Exit status 0: http can run here; else 1.");
    add_pod_options(*command, settings->sources);
    const std::string output = "Output";
    add_parsed(*command, "-o,--output", settings->format, parse_format, "FORMAT", format_help)->group(output);
    add_parsed(*command, "--color", settings->color, parse_color, "WHEN", "auto, always or never [auto]")->group(output);
    command->add_option("--btf", settings->btf_file, "types of this very kernel, where it has none itself")
        ->type_name("FILE")
        ->group("The kernel");
    // For tests of what is used instead.
    add_parsed(*command, "--without", settings->without, parse_without, "LIST", "mechanisms not to use")->group("");
    command->callback([settings, &run] {
        heed_no_color(settings->color);
        run = [settings] { return check(*settings); };
    });
}

}  // namespace podsnoop
