#include "trace_http.hpp"

#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <string_view>

#include "attribute/kubelet.hpp"
#include "print/ledger.hpp"
#include "privileges.hpp"
#include "session.hpp"

namespace podsnoop {

namespace {

/// Keeps others from choosing endpoints that collide in the tables.
std::uint64_t random_seed() {
    std::uint64_t seed = 0;
    if (getrandom(&seed, sizeof seed, GRND_NONBLOCK) != sizeof seed)
        seed = static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
    return seed;
}

/// Where the ledger goes, opened before tracing so that a wrong path is known at once.
Result<Fd> open_ledger(const std::optional<std::string>& path) {
    if (!path || *path == "-") return Fd{};
    Fd file(open(path->c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
    if (!file) return fail("cannot write ledger", *path, std::strerror(errno));
    return file;
}

Result<void> write_ledger(const HttpSettings& settings, const Ledger& ledger, const Fd& file, Output& output) {
    if (!settings.ledger) return {};
    std::string text;
    append_ledger_json(text, ledger);
    if (!file) {
        const auto written = output.write(text);
        if (!written) return std::unexpected(written.error());
        return {};
    }
    for (std::string_view rest = text; !rest.empty();) {
        const ssize_t count = write(file.get(), rest.data(), rest.size());
        if (count < 0 && errno != EINTR) return fail("cannot write ledger", *settings.ledger, std::strerror(errno));
        if (count > 0) rest.remove_prefix(static_cast<std::size_t>(count));
    }
    return {};
}

bool is_same_file(const std::string& a, const std::string& b) {
    struct stat first {}, second {};
    return stat(a.c_str(), &first) == 0 && stat(b.c_str(), &second) == 0 && S_ISREG(first.st_mode) &&
           first.st_dev == second.st_dev && first.st_ino == second.st_ino;
}

/// No file named for writing may be one that is read, or written otherwise.
Result<void> check_files(const HttpSettings& settings) {
    const std::string none, read = settings.read.value_or(none), ledger = settings.ledger.value_or(none);
    const std::string write = settings.write ? settings.write->path : none;
    for (const auto& [file, other] : {std::pair{write, read}, {ledger, read}, {ledger, write}})
        if (!file.empty() && !other.empty() && (file == other ? file != "-" : is_same_file(file, other)))
            return fail("cannot write", file, "it is the file of another option", "name another file");
    return {};
}

template <class Source>
Result<void> trace(Source source, Surroundings* surroundings, std::string_view what, const HttpSettings& settings) {
    Result<Fd> ledger_file = open_ledger(settings.ledger);
    if (!ledger_file) return std::unexpected(ledger_file.error());
    std::optional<Recorder> recorder;
    if (settings.write) {
        Result<Recorder> created = Recorder::create(*settings.write);
        if (!created) return std::unexpected(created.error());
        recorder = std::move(*created);
    }
    Result<StopSignals> signals = StopSignals::open();
    if (!signals) return std::unexpected(signals.error());
    Output output(*signals);
    // From here on, bytes that anybody may have sent are read.
    const bool follows = surroundings != nullptr && surroundings->follows();
    const Needs needs{.sockets = surroundings != nullptr,
                      .namespaces = surroundings != nullptr && (surroundings->enters_namespaces() || !settings.live.netns.empty()),
                      .processes = follows,
                      .files = settings.write && settings.write->file_bytes != 0};
    if (Result<void> dropped = drop_privileges(needs); !dropped) return dropped;
    Session<Source> session(source, surroundings, settings, std::move(recorder), *signals, output, random_seed());
    say(what);
    Result<void> result = session.run();
    std::string summary;
    append_summary(summary, session.ledger());
    std::fwrite(summary.data(), 1, summary.size(), stderr);
    if (Result<void> written = write_ledger(settings, session.ledger(), *ledger_file, output); result) result = written;
    return result;
}

std::string list(const std::vector<std::string>& names) {
    std::string text;
    for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
    return text;
}

}  // namespace

Result<void> trace_http(const HttpSettings& settings) {
    if (Result<void> checked = check_files(settings); !checked) return checked;
    if (settings.read) {
        Result<FileCapture> file = FileCapture::open(*settings.read);
        if (!file) return std::unexpected(file.error());
        HttpSettings with_pods = settings;
        if (const std::string& saved = settings.pods.sources.pods_file; !saved.empty()) {
            Result<std::vector<PodRecord>> pods = read_pods_file(saved);
            if (!pods) return std::unexpected(pods.error());
            with_pods.saved_pods = std::move(*pods);
        }
        const std::string what = "tracing HTTP in " + (*settings.read == "-" ? "standard input" : *settings.read);
        return trace(std::move(*file), nullptr, what, with_pods);
    }
    auto surroundings = Surroundings::start(settings.pods, settings.live.netns);
    if (!surroundings) return std::unexpected(surroundings.error());
    const bool points = !settings.live.interfaces.empty() || !settings.live.netns.empty();
    if (!points) {
        Result<bool> pods = (*surroundings)->find_pods();
        if (!pods) return std::unexpected(pods.error());
        if (*pods) {
            Result<LiveCapture> live = LiveCapture::open_empty(settings.live);
            if (!live) return std::unexpected(live.error());
            Result<std::string> followed = (*surroundings)->follow(*live, settings.buffer_bytes);
            if (!followed) return std::unexpected(followed.error());
            return trace(std::move(*live), surroundings->get(), "tracing HTTP of " + *followed + "; Ctrl-C ends it", settings);
        }
    }
    Result<LiveCapture> live = LiveCapture::open(settings.live);
    if (!live) return std::unexpected(live.error());
    std::string what = "tracing HTTP on " + (settings.live.interfaces.empty() ? "all interfaces" : list(settings.live.interfaces));
    if (!settings.live.netns.empty()) what += " of network namespace " + settings.live.netns;
    return trace(std::move(*live), surroundings->get(), what + "; Ctrl-C ends it", settings);
}

}  // namespace podsnoop
