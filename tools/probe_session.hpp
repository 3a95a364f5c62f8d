// The loop of oom and backlog: events from a probe, records to standard output.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "event/probe_ledger.hpp"
#include "ledger_file.hpp"
#include "print/record_printer.hpp"
#include "probe_options.hpp"
#include "probe_pods.hpp"
#include "terminal.hpp"

namespace podsnoop {

/// What the loop does whatever the records are.
class ProbeSession {
  public:
    /// Opens what is written to, and waits for signals from then on.
    static Result<std::unique_ptr<ProbeSession>> open(const ProbeSettings& settings);
    ProbeSession(const ProbeSession&) = delete;
    ProbeSession& operator=(const ProbeSession&) = delete;

    /// Tracing goes on from here: what the ledger's file had goes.
    Result<void> begin() { return ledger_file_.empty(); }
    [[nodiscard]] PrintOptions print_options() const;

    /// Waits for one of `fds`, for `patience` at most, or for what ends tracing.
    Result<void> wait(const std::vector<int>& fds, std::optional<Nanoseconds> patience);
    /// Writes what was gathered in pending(), all at once.
    Result<void> flush();
    /// Text on its way to standard output.
    std::string& pending() { return pending_; }
    /// Counts a record that was printed; false where no more may be.
    bool may_print();
    [[nodiscard]] bool stopping() const { return stopping_; }

    /// Says the end summary, "3 OOM kills in 12.0s, 0 lost", and writes the ledger. `record` is what one is called.
    Result<void> finish(const std::string& record, std::uint64_t told, const ProbeLosses& lost);

  private:
    ProbeSession(const ProbeSettings& settings, StopSignals signals, LedgerFile ledger);

    const ProbeSettings& settings_;
    StopSignals signals_;
    LedgerFile ledger_file_;
    Output output_;
    std::string pending_;
    std::uint64_t printed_ = 0;
    bool stopping_ = false, done_printing_ = false;
    std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
};

/// Runs a probe until something ends it. A Probe has poll_fds(), patience(), take(records), finish(records) and
/// lost(). `look_up` fills in whose a record is and says whether that was asked for.
template <class Record, class Probe>
Result<void> run_probe(Probe& probe, ProbePods& pods, ProbeSession& session, const std::string& record_name,
                       const std::function<bool(Record&)>& look_up) {
    if (Result<void> begun = session.begin(); !begun) return begun;
    RecordPrinter<Record> printer(session.print_options());
    std::vector<Record> records;
    std::uint64_t told = 0;
    const auto print = [&] {
        for (Record& record : records) {
            ++told;
            if (look_up(record) && session.may_print()) printer.print(session.pending(), record);
        }
        records.clear();
        return session.flush();
    };
    printer.header(session.pending());
    Result<void> result = session.flush();
    while (result && !session.stopping()) {
        std::vector<int> fds = probe.poll_fds();
        fds.push_back(pods.poll_fd());
        result = session.wait(fds, probe.patience());
        pods.update();
        if (result) result = probe.take(records);
        if (const Result<void> printed = print(); result) result = printed;
    }
    if (const Result<void> taken = probe.finish(records); result) result = taken;
    if (const Result<void> printed = print(); result) result = printed;
    if (const Result<void> finished = session.finish(record_name, told, probe.lost()); result) result = finished;
    return result;
}

}  // namespace podsnoop
