#include "session.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>

#include "http/tracer.hpp"
#include "print/ledger.hpp"
#include "privileges.hpp"
#include "terminal.hpp"

namespace podsnoop {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t flush_at = 256 << 10;     // bytes of records gathered under load before they are written
constexpr Nanoseconds housekeeping = 50ms;      // of the packets' time, between two looks at what waits too long
constexpr Nanoseconds ring_delay = 50ms;        // packets of the last moment may still be in the ring
constexpr int batch = 4096;                     // packets between two looks at signals

void say(std::string_view text) { std::fprintf(stderr, "podsnoop: %.*s\n", static_cast<int>(text.size()), text.data()); }

std::uint64_t random_seed() {
    std::uint64_t seed = 0;
    if (getrandom(&seed, sizeof seed, GRND_NONBLOCK) != sizeof seed)
        seed = static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
    return seed;
}

Time now() { return std::chrono::time_point_cast<Nanoseconds>(std::chrono::system_clock::now()); }

constexpr bool is_live(const LiveCapture&) { return true; }
constexpr bool is_live(const FileCapture&) { return false; }

constexpr bool skips_bodies(const LiveCapture&) { return LiveCapture::trims_bodies; }
bool skips_bodies(const FileCapture& file) { return file.skips_bodies(); }

/// The stages behind a source, and the loop.
template <class Source>
class Session : public ExchangeSink {
  public:
    Session(Source& source, const HttpSettings& settings, std::optional<Recorder> recorder, StopSignals& signals, Output& output)
        : source_(source),
          settings_(settings),
          recorder_(std::move(recorder)),
          signals_(signals),
          output_(output),
          printer_({.format = settings.format,
                    .color = settings.color.value_or(output.is_terminal()),
                    .width = output.width(),
                    .headers = !settings.http.headers.empty(),
                    .body = settings.http.body_preview != 0}),
          decoder_(settings.decode),
          tracer_(*this, ledger_, settings.http),
          reassembler_(tracer_, settings.reassembly, random_seed()) {}

    Result<void> run() {
        if (settings_.duration) deadline_ = std::chrono::steady_clock::now() + *settings_.duration;
        if (is_live(source_)) started_ = now();
        printer_.header(pending_output_);
        Result<void> result = flush();
        while (result && !stopping_) result = turn();
        // Damage in a file ends it, and what was read before it is told all the same.
        if (Result<void> drained = drain(); result) result = drained;
        if (Result<void> finished = finish(); result) result = finished;
        return result;
    }

    [[nodiscard]] const Ledger& ledger() const { return ledger_; }

    void told(const Exchange& exchange) override {
        if (done_printing_ || !settings_.selection.matches(exchange)) return;
        printer_.print(pending_output_, exchange);
        if (settings_.count != 0 && ++printed_ == settings_.count) {
            done_printing_ = stopping_ = true;
        }
        // One packet can end thousands of exchanges, and the end of tracing all there are.
        if (pending_output_.size() < flush_at) return;
        if (const Result<void> flushed = flush(); !flushed) output_failed_ = flushed.error();
    }
    void hint(const FlowHint& hint) override {
        if constexpr (requires { source_.hint(hint); }) source_.hint(hint);
    }
    const Interface& interface(std::uint32_t index) const override { return source_.interfaces()[index]; }

  private:
    /// Takes what packets there are, at most a batch; waits if there were none.
    Result<void> turn() {
        Packet packet;
        for (int i = 0; i < batch && !stopping_; ++i) {
            const Result<Next> next = source_.next(packet);
            if (!next) return std::unexpected(next.error());
            if (*next == Next::end) {
                stopping_ = true;
                return {};
            }
            if (*next == Next::idle) return idle();
            take(packet);
        }
        attend();
        return {};
    }

    /// What else may have happened.
    void attend() {
        if (signals_.take() || std::chrono::steady_clock::now() >= deadline_) stopping_ = true;
        if constexpr (requires { source_.take_notices(); })
            for (const std::string& notice : source_.take_notices()) say(notice);
    }

    void take(const Packet& packet) {
        if (started_ == Time{}) started_ = packet.time;
        latest_ = std::max(latest_, packet.time);
        look_after(latest_);
        if (recorder_ && !recording_failed_) record(packet);
        reassembler_.filter_skips(skips_bodies(source_));
        Segment segment;
        const Decoded decoded = decoder_.decode(packet, segment);
        const std::uint32_t packets = decoder_.packets();  // all but this one are counted as fragments by now
        ledger_.segments_fragments -= packets - 1;
        switch (decoded) {
            case Decoded::segment:
                ledger_.segments_decoded += packets;
                ledger_.bytes_captured += segment.payload.size();
                ledger_.bytes_cut += segment.length - segment.payload.size();
                reassembler_.accept(segment);
                break;
            case Decoded::malformed: ledger_.segments_malformed += packets; break;
            case Decoded::fragment: ledger_.segments_fragments += packets; break;
            case Decoded::not_tcp: not_tcp_ += packets; break;
        }
    }

    /// Looks at what waits too long, at times that depend on the packets alone: so a file gives the records that
    /// the trace gave which wrote it, when nothing came for a while too.
    void look_after(Time time) {
        const Time last = Time{time.time_since_epoch() / housekeeping * housekeeping};
        if (last <= looked_) return;
        // What is given up can make the next thing wait: each step counts as long as anything is held.
        Time step = looked_ + housekeeping;
        for (; reassembler_.holds_any() && step < last; step += housekeeping) look_at(step);
        look_at(last);
        looked_ = last;
    }
    void look_at(Time time) {
        reassembler_.advance(time);
        tracer_.advance(time);
    }

    void record(const Packet& packet) {
        note_recording(recorder_->write(packet, source_.interfaces()[packet.interface], skips_bodies(source_)));
    }
    void note_recording(const Result<void>& written) {
        if (written) return;
        recording_failed_ = written.error();
        say(written.error().line() + "; tracing goes on without writing");
    }

    /// Nothing waits in the source: write what there is, then wait for more.
    Result<void> idle() {
        if (is_live(source_)) look_after(std::max(latest_, now() - ring_delay));
        if (recorder_ && !recording_failed_) note_recording(recorder_->flush());
        if (Result<void> flushed = flush(); !flushed || stopping_) return flushed;
        pollfd fds[3] = {{source_.poll_fd(), POLLIN, 0}, {signals_.poll_fd(), POLLIN, 0}, {output_.poll_fd(), 0, 0}};
        if (poll(fds, 3, patience()) < 0 && errno != EINTR) return fail("cannot wait for packets", {}, std::strerror(errno));
        if ((fds[2].revents & POLLERR) != 0) done_printing_ = stopping_ = true;  // as with `| head`
        attend();
        return {};
    }

    /// Milliseconds to wait for packets at most; -1 without end.
    [[nodiscard]] int patience() const {
        Nanoseconds wait = Nanoseconds::max();
        if (is_live(source_) && reassembler_.holds_any()) wait = housekeeping;
        else if (is_live(source_) && ledger_.requests_seen != told_requests()) wait = 500ms;
        if (deadline_ != deadline_.max()) wait = std::min<Nanoseconds>(wait, deadline_ - std::chrono::steady_clock::now());
        if (wait == Nanoseconds::max()) return -1;
        return static_cast<int>(std::clamp<std::int64_t>(wait / 1ms + 1, 0, 60'000));
    }

    [[nodiscard]] std::uint64_t told_requests() const {
        std::uint64_t told = 0;
        for (const std::uint64_t count : ledger_.requests_by_end) told += count;
        return told;
    }

    Result<void> flush() {
        if (pending_output_.empty()) return {};
        const auto written = output_.write(pending_output_);
        pending_output_.clear();
        if (!written) {
            done_printing_ = stopping_ = true;
            return std::unexpected(written.error());
        }
        // Nothing goes behind a record that was written in part.
        if (*written != Output::Written::all) done_printing_ = stopping_ = true;
        return {};
    }

    /// No more packets are taken; those already kept are still read, so that the ledger balances.
    Result<void> drain() {
        if constexpr (requires { source_.stop(); }) {
            if (Result<void> stopped = source_.stop(); !stopped) return stopped;
            Packet packet;
            for (;;) {
                const Result<Next> next = source_.next(packet);
                if (!next) return std::unexpected(next.error());
                if (*next == Next::packet) take(packet);
                else if (*next == Next::end) break;
            }
        }
        return {};
    }

    /// Tells what is under way, and closes the books.
    Result<void> finish() {
        Time stopped = latest_;
        if constexpr (requires { source_.stopped(); }) {
            started_ = source_.started().value_or(started_);
            stopped = std::max(stopped, source_.stopped().value_or(stopped));
        } else {
            stopped = std::max(stopped, now());
        }
        look_after(stopped);
        reassembler_.finish(stopped);
        ledger_.duration = stopped - started_;
        ledger_.packets = source_.counts();
        if (recorder_ && !recording_failed_) {
            Result<void> recorded = recorder_->finish(ledger_.packets, started_, stopped);
            if (!recorded) recording_failed_ = recorded.error();
        }
        ledger_.packets.kept -= not_tcp_;
        ledger_.packets.skipped_not_tcp += not_tcp_;
        ledger_.bytes_gap = reassembler_.counts().gap_bytes;
        ledger_.connections_evicted = reassembler_.counts().evicted;
        Result<void> flushed = flush();
        if (output_failed_) return std::unexpected(*output_failed_);
        if (flushed && recording_failed_) return std::unexpected(*recording_failed_);
        return flushed;
    }

    Source& source_;
    const HttpSettings& settings_;
    std::optional<Recorder> recorder_;
    std::optional<Error> recording_failed_, output_failed_;
    StopSignals& signals_;
    Output& output_;
    ExchangePrinter printer_;
    Ledger ledger_;
    Decoder decoder_;
    HttpTracer tracer_;
    Reassembler reassembler_;
    std::string pending_output_;
    std::uint64_t printed_ = 0, not_tcp_ = 0;
    Time started_, latest_, looked_;
    std::chrono::steady_clock::time_point deadline_ = std::chrono::steady_clock::time_point::max();
    bool stopping_ = false, done_printing_ = false;
};

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
Result<void> trace(Source source, std::string_view what, const HttpSettings& settings) {
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
    const Needs needs{.sockets = is_live(source),
                      .namespaces = is_live(source) && !settings.live.netns.empty(),
                      .files = settings.write && settings.write->file_bytes != 0};
    if (Result<void> dropped = drop_privileges(needs); !dropped) return dropped;
    Session<Source> session(source, settings, std::move(recorder), *signals, output);
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
        return trace(std::move(*file), "tracing HTTP in " + (*settings.read == "-" ? "standard input" : *settings.read), settings);
    }
    Result<LiveCapture> live = LiveCapture::open(settings.live);
    if (!live) return std::unexpected(live.error());
    std::string what = "tracing HTTP on " + (settings.live.interfaces.empty() ? "all interfaces" : list(settings.live.interfaces));
    if (!settings.live.netns.empty()) what += " of network namespace " + settings.live.netns;
    return trace(std::move(*live), what + "; Ctrl-C ends it", settings);
}

}  // namespace podsnoop
