// A trace from its settings to its ledger: opens what packets come from, runs the session, and tells what was missed.
#pragma once

#include <cstdio>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "capture/file/file_capture.hpp"
#include "capture/live.hpp"
#include "consumer.hpp"
#include "ledger_file.hpp"
#include "print/ledger.hpp"
#include "privileges.hpp"
#include "session.hpp"
#include "trace_files.hpp"

namespace podsnoop {

/// Makes what takes the records, when it is known where they are written to.
template <class Record>
using MakeConsumer = std::function<std::unique_ptr<Consumer<Record>>(const Output& output)>;

/// How a consumer that prints is to do it.
inline PrintOptions print_options(const TraceSettings& settings, const Output& output) {
    return {.format = settings.format, .color = settings.color.value_or(output.is_terminal()), .width = output.width()};
}

/// `place` is for people: "on eth0". `surroundings` is null where packets come from a file. `begin` does what is to be done
/// with few privileges only, before anything is said.
template <class Stages, class Source>
Result<void> trace_from(Source source, Surroundings* surroundings, std::string_view place,
                        const typename Stages::Settings& settings, const MakeConsumer<typename Stages::Record>& make_consumer,
                        const std::function<Result<void>(Source&)>& begin) {
    Result<LedgerFile> ledger_file = LedgerFile::open(settings.ledger);
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
    const Needs needs{
        .sockets = surroundings != nullptr,
        .namespaces = surroundings != nullptr && (surroundings->enters_namespaces() || !settings.live.netns.empty()),
        .processes = follows,
        .files = settings.write && settings.write->file_bytes != 0};
    if (Result<void> dropped = drop_privileges(needs); !dropped) return dropped;
    if (Result<void> begun = begin(source); !begun) return begun;
    if (Result<void> emptied = ledger_file->empty(); !emptied) return emptied;
    const auto consumer = make_consumer(output);
    Session<Source, Stages> session(source, surroundings, settings, *consumer, std::move(recorder), *signals, output,
                                    random_seed());
    say(std::string("tracing ") + Stages::subject + ' ' + std::string(place));
    Result<void> result = session.run();
    std::string summary, ledger;
    append_summary(summary, session.ledger());
    std::fwrite(summary.data(), 1, summary.size(), stderr);
    append_ledger_json(ledger, session.ledger());
    if (Result<void> written = ledger_file->write(ledger, output); result) result = written;
    return result;
}

/// Traces what the settings point at: a file, pods, or interfaces.
template <class Stages>
Result<void> trace(typename Stages::Settings settings, const MakeConsumer<typename Stages::Record>& make_consumer) {
    if (Result<void> checked = check_files(settings); !checked) return checked;
    if (settings.read) {
        Result<FileCapture> file = FileCapture::open_unread(*settings.read);
        if (!file) return std::unexpected(file.error());
        Result<std::string> saved = read_saved_pods(settings);
        if (!saved) return std::unexpected(saved.error());
        const std::string place = "in " + (*settings.read == "-" ? "standard input" : *settings.read);
        const auto begin = [&](FileCapture& capture) -> Result<void> {
            if (Result<void> begun = capture.begin(); !begun) return begun;
            return know_saved_pods(settings, std::exchange(*saved, {}));  // done with after that
        };
        return trace_from<Stages, FileCapture>(std::move(*file), nullptr, place, settings, make_consumer, begin);
    }
    auto surroundings = Surroundings::start(settings.pods, settings.live.netns, settings.exclude_self);
    if (!surroundings) return std::unexpected(surroundings.error());
    const auto live_from = [&](Result<LiveCapture> live, std::string place) -> Result<void> {
        if (!live) return std::unexpected(live.error());
        return trace_from<Stages, LiveCapture>(std::move(*live), surroundings->get(), place + "; Ctrl-C ends it", settings,
                                               make_consumer, [](LiveCapture&) -> Result<void> { return {}; });
    };
    if (settings.live.interfaces.empty() && settings.live.netns.empty()) {
        Result<bool> pods = (*surroundings)->find_pods();
        if (!pods) return std::unexpected(pods.error());
        if (*pods) {
            Result<LiveCapture> live = LiveCapture::open_empty(settings.live);
            if (!live) return std::unexpected(live.error());
            Result<std::string> followed = (*surroundings)->follow(*live, settings.buffer_bytes);
            if (!followed) return std::unexpected(followed.error());
            return live_from(std::move(live), "of " + *followed);
        }
    }
    return live_from(LiveCapture::open(settings.live), "on " + place_of(settings));
}

}  // namespace podsnoop
