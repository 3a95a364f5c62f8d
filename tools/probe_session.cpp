#include "probe_session.hpp"

#include <poll.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "event/fields_probe_ledger.hpp"
#include "node/reason.hpp"
#include "print/json.hpp"
#include "say.hpp"

namespace podsnoop {

namespace {

using std::chrono::steady_clock;

constexpr std::size_t most_fds = 8;
constexpr Nanoseconds longest_wait = std::chrono::minutes(1);  // poll() takes milliseconds as an int

void append_json(std::string& out, const ProbeLedger& ledger) {
    TextCache cache;
    JsonWriter writer(out, cache);
    visit_fields(ledger, writer);
    writer.end_line();
}

/// ", 0 lost", or what of.
void append_losses(std::string& out, const ProbeLosses& lost) {
    if (lost.ring_full + lost.table_full + lost.log_gaps == 0) out += ", 0 lost";
    if (lost.ring_full != 0) out += ", " + std::to_string(lost.ring_full) + " events lost (ring full)";
    if (lost.table_full != 0) out += ", " + std::to_string(lost.table_full) + " overflows lost (too many listeners)";
    if (lost.log_gaps != 0) out += ", " + std::to_string(lost.log_gaps) + " gaps in the kernel's log";
}

}  // namespace

ProbeSession::ProbeSession(const ProbeSettings& settings, StopSignals signals, LedgerFile ledger)
    : settings_(settings), signals_(std::move(signals)), ledger_file_(std::move(ledger)), output_(signals_) {}

Result<std::unique_ptr<ProbeSession>> ProbeSession::open(const ProbeSettings& settings) {
    Result<LedgerFile> ledger = LedgerFile::open(settings.ledger);
    if (!ledger) return std::unexpected(ledger.error());
    Result<StopSignals> signals = StopSignals::open();
    if (!signals) return std::unexpected(signals.error());
    return std::unique_ptr<ProbeSession>(new ProbeSession(settings, std::move(*signals), std::move(*ledger)));
}

PrintOptions ProbeSession::print_options() const {
    return {.format = settings_.format, .color = settings_.color.value_or(output_.is_terminal()), .width = output_.width()};
}

Result<void> ProbeSession::wait(const std::vector<int>& fds, std::optional<Nanoseconds> patience) {
    std::array<pollfd, most_fds + 2> polled{};
    std::size_t count = 0;
    polled[count++] = {signals_.poll_fd(), POLLIN, 0};
    polled[count++] = {output_.poll_fd(), 0, 0};
    for (const int fd : fds) polled.at(count++) = {fd, POLLIN, 0};
    Nanoseconds wait = std::min(patience.value_or(longest_wait), longest_wait);
    if (settings_.duration) wait = std::min<Nanoseconds>(wait, started_ + *settings_.duration - steady_clock::now());
    const auto milliseconds = std::chrono::ceil<std::chrono::milliseconds>(wait).count();
    if (::poll(polled.data(), count, static_cast<int>(std::max<std::int64_t>(milliseconds, 0))) < 0 && errno != EINTR)
        return fail("cannot wait for events", "", reason_of(errno));
    if ((polled[1].revents & POLLERR) != 0) done_printing_ = stopping_ = true;  // as with `| head`
    if (signals_.take()) stopping_ = true;
    if (settings_.duration && steady_clock::now() >= started_ + *settings_.duration) stopping_ = true;
    return {};
}

Result<void> ProbeSession::flush() {
    if (pending_.empty()) return {};
    const auto written = output_.write(pending_);
    pending_.clear();
    // Nothing goes behind a record that was written in part.
    if (!written || *written != Output::Written::all) done_printing_ = stopping_ = true;
    if (!written) return std::unexpected(written.error());
    return {};
}

bool ProbeSession::may_print() {
    if (done_printing_) return false;
    ++printed_;
    if (settings_.count != 0 && printed_ == settings_.count) done_printing_ = stopping_ = true;
    return true;
}

Result<void> ProbeSession::finish(const std::string& record, std::uint64_t told, const ProbeLosses& lost) {
    const ProbeLedger ledger{.duration = steady_clock::now() - started_, .told = told, .printed = printed_, .lost = lost};
    std::string summary = std::to_string(told) + " " + record + (told == 1 ? "" : "s") + " in ";
    append_duration(summary, ledger.duration);
    append_losses(summary, lost);
    say(summary);
    std::string text;
    append_json(text, ledger);
    return ledger_file_.write(text, output_);
}

}  // namespace podsnoop
