// One trace, from the source of packets to what is written: source, stages, attribution and consumer wired together, and
// the loop that runs them.
#pragma once

#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

#include "attribute/attribution.hpp"
#include "attribute/connection_key.hpp"
#include "attribute/held_records.hpp"
#include "attribute/notes.hpp"
#include "capture/file/file_capture.hpp"
#include "capture/file/file_clock.hpp"
#include "capture/ring.hpp"
#include "consumer.hpp"
#include "decode/decoder.hpp"
#include "node/memory.hpp"
#include "node/reason.hpp"
#include "recorder.hpp"
#include "say.hpp"
#include "stage_host.hpp"
#include "surroundings.hpp"
#include "terminal.hpp"
#include "trace_settings.hpp"

namespace podsnoop {

/// The stages behind a source, and the loop. `Stages` make records of segments: see HttpStages.
template <class Source, class Stages>
class Session : public StageHost<typename Stages::Record> {
  public:
    using Record = typename Stages::Record;

    Session(Source& source, Surroundings* surroundings, const typename Stages::Settings& settings, Consumer<Record>& consumer,
            std::optional<Recorder> recorder, StopSignals& signals, Output& output, std::uint64_t seed)
        : source_(source),
          surroundings_(surroundings),
          settings_(settings),
          consumer_(consumer),
          recorder_(std::move(recorder)),
          signals_(signals),
          output_(output),
          decoder_(settings.decode),
          stages_(*this, settings, seed) {}

    Result<void> run() {
        if (settings_.duration) deadline_ = std::chrono::steady_clock::now() + *settings_.duration;
        if (is_live) started_ = now();
        know_pods_of_file();
        note_surroundings();
        begin_consumer();
        Result<void> result = flush();
        while (result && !stopping_) result = turn();
        // Damage in a file ends it, and what was read before it is told all the same.
        if (Result<void> drained = drain(); result) result = drained;
        if (result && !begun_) begin_recording();  // ended before anything came
        if (Result<void> finished = finish(); result) result = finished;
        return result;
    }

    [[nodiscard]] const auto& ledger() { return stages_.ledger(); }

    [[nodiscard]] bool wants(const Endpoint& client, const Endpoint& server, std::uint32_t at) const override {
        return !attribution_.is_told_elsewhere(client, server, interface(at).netns, present());
    }
    void begins(const Endpoint& client, const Endpoint& server, std::uint32_t at) override {
        const ConnectionKey key{interface(at).netns, client, server};
        const auto question = attribution_.begin(client, server, key.netns, present());
        if (question) held_.asked(key, present() + answer_patience);
        if (surroundings_ != nullptr) surroundings_->begin(key, question);
    }
    void told(Record& record) override {
        if (!done_ && !held_.keep(record)) tell(record);
    }
    void hint(const FlowHint& hint) override {
        if constexpr (requires { source_.hint(hint); }) source_.hint(hint);
    }
    [[nodiscard]] const Interface& interface(std::uint32_t index) const override { return source_.interfaces()[index]; }

  private:
    static constexpr std::size_t flush_at = 64 << 10;  // bytes of records gathered under load before they are written
    static constexpr Nanoseconds housekeeping{50'000'000};  // of the packets' time, between two looks at what waits too long
    // Packets of the last moment may still be in the ring, and timers be late.
    static constexpr Nanoseconds ring_delay = retire_time + std::chrono::milliseconds{60};
    static constexpr Nanoseconds answer_patience{500'000'000};  // for what the node was asked about a connection
    static constexpr Nanoseconds change_patience{1'500'000'000};  // for the pods, where one comes or goes
    static constexpr Nanoseconds clock_tolerance{1'000'000'000};  // steps back that are less are waited for
    static constexpr int batch = 4096;                          // packets between two looks at signals

    static constexpr bool is_live = std::is_same_v<Source, LiveCapture>;

    static Time now() { return std::chrono::time_point_cast<Nanoseconds>(std::chrono::system_clock::now()); }
    static int milliseconds(Nanoseconds time) { return static_cast<int>(time / std::chrono::milliseconds(1)); }

    /// The time of the packets by now.
    [[nodiscard]] Time present() const { return is_live ? latest_ : clock_.latest(); }

    /// Gives it to the consumer, if it is wanted.
    void tell(Record& record) {
        if (done_) return;
        const ConnectionFacts* facts = attribution_.facts_of(record);
        if (attribution_.is_told_elsewhere(record, facts)) return;
        if (settings_.exclude_self && facts != nullptr && facts->delivery) {
            ++stages_.ledger().records_delivery;
            return;
        }
        attribution_.attribute(record, facts);
        if (!stages_.selects(record) || !is_of_selected_pod(record)) return;
        consumer_.take(record, pending_output_);
        note_told();
    }
    /// The consumer may have told something.
    void note_told() {
        if (consumer_.done()) done_ = stopping_ = true;
        // One packet can end thousands of records, and the end of tracing all there are.
        if (pending_output_.size() < flush_at) return;
        if (const Result<void> flushed = flush(); !flushed) output_failed_ = flushed.error();
    }

    /// No file is emptied for what may turn out to be no capture.
    void begin_recording() {
        recording_ = true;
        if (recorder_) note_recording(recorder_->empty());
    }
    /// Nor is anything printed of it.
    void begin_consumer() {
        if constexpr (requires { source_.is_known(); })
            if (!source_.is_known()) return;
        begun_ = true;
        begin_recording();
        consumer_.begin(pending_output_);
    }

    /// Takes what packets there are, at most a batch; waits if there were none.
    Result<void> turn() {
        Packet packet;
        for (int i = 0; i < batch && !stopping_; ++i) {
            const Result<Next> next = source_.next(packet);
            if (!next) return std::unexpected(next.error());
            if (!begun_) begin_consumer();
            note_file();
            if (*next == Next::end) {
                stopping_ = true;
                return {};
            }
            if (*next == Next::idle) return idle();
            take(packet);
        }
        attend();
        return flush();
    }

    /// What else may have happened.
    void attend() {
        // Interfaces first: their addresses are part of what is known then.
        if constexpr (requires { source_.take_notices(); })
            for (const std::string& notice : source_.take_notices()) say(notice);
        note_surroundings();
        attend_consumer();
        if (signals_.take() || std::chrono::steady_clock::now() >= deadline_) stopping_ = true;
    }

    void attend_consumer() {
        if (done_ || !begun_) return;
        consumer_.attend(pending_output_);
        // Where the clock was set back, packets' times are behind what was looked at, and nothing is due until they catch up.
        // What the consumer does at intervals goes on all the same.
        if (is_live && !consumer_.done() && was_set_back()) consumer_.look_at(onward(), pending_output_);
        note_told();
    }
    [[nodiscard]] bool was_set_back() const { return now() + clock_tolerance < looked_; }
    /// The time by now, as it went on without that.
    [[nodiscard]] Time onward() const {
        return was_set_back() ? looked_ + (std::chrono::steady_clock::now() - looked_when_) : now() - ring_delay;
    }

    void take(const Packet& packet) {
        if (started_ == Time{}) started_ = packet.time;
        follow(packet.time);
        look_after(latest_);
        if (recorder_ && !recording_failed_) record(packet);
        Segment& segment = segment_;
        const Decoded decoded = decoder_.decode(packet, segment);
        // Addresses are those of a namespace: equal ones elsewhere are others. An inode fits in 32 bits (ns_common).
        segment.scope = static_cast<std::uint32_t>(source_.interfaces()[packet.interface].netns);
        const std::uint32_t packets = decoder_.packets();  // all but this one are counted as fragments by now
        CaptureLedger& ledger = stages_.ledger();
        ledger.segments_fragments -= packets - 1;
        switch (decoded) {
            case Decoded::segment:
                ledger.segments_decoded += packets;
                ledger.bytes_captured += segment.payload.size();
                ledger.bytes_cut += segment.length - segment.payload.size();
                stages_.accept(segment, source_.skips_bodies());
                break;
            case Decoded::malformed: ledger.segments_malformed += packets; break;
            case Decoded::fragment: ledger.segments_fragments += packets; break;
            case Decoded::not_tcp: not_tcp_ += packets; break;
        }
    }

    /// Moves the present on to a packet's time. The kernel's clock is believed, those of files within reason.
    void follow(Time time) {
        if constexpr (is_live) {
            latest_ = std::max(latest_, time);
        } else {
            const bool leapt_back = clock_.take(time);
            latest_ = clock_.now();
            if (!leapt_back) return;
            started_ = std::min(started_, latest_);
            looked_ = latest_;
        }
    }

    /// Looks at what waits too long, at times that depend on the packets alone: so a file gives the records that
    /// the trace gave which wrote it, when nothing came for a while too.
    void look_after(Time time) {
        const Time last = Time{time.time_since_epoch() / housekeeping * housekeeping};
        if (last <= looked_) return;
        // What is given up can make the next thing wait: each step counts as long as anything is held.
        Time step = looked_ + housekeeping;
        for (; (stages_.holds_any() || !held_.empty()) && step < last; step += housekeeping) look_at(step);
        look_at(last);
        looked_ = last;
        if (is_live) looked_when_ = std::chrono::steady_clock::now();
    }
    void look_at(Time time) {
        stages_.advance(time);
        held_.advance(time, [&](Record& record) { tell(record); });
        if (done_) return;
        consumer_.look_at(time, pending_output_);
        note_told();
    }

    /// What became known on the node since the last time.
    void note_surroundings() {
        if constexpr (requires { source_.take_namespaces(); }) {
            if (surroundings_ == nullptr) return;
            const Time time = std::max({latest_, looked_, now() - ring_delay});
            bool pods = false;
            surroundings_->take(source_, [&](Note note) {
                pods = pods || std::holds_alternative<PodsKnown>(note);
                apply({time, std::move(note)});
            });
            if (pods) give_back_memory();
            for (const std::string& notice : surroundings_->take_notices()) say(notice);
        }
    }
    /// What stands in the file before the packet just read, or at its end.
    void note_file() {
        if constexpr (requires { source_.take_notes(); })
            if (source_.has_notes()) [[unlikely]]
                take_notes();
    }
    void take_notes() {
        if constexpr (requires { source_.take_notes(); }) {
            for (const std::string& text : source_.take_notes()) {
                Result<std::optional<Noted>> read = note_reader_.read(text);
                if (!read) {
                    if (!std::exchange(note_failed_, true)) say(read.error().line() + "; it is passed over");
                } else if (*read && !(settings_.saved_pods && std::holds_alternative<PodsKnown>((*read)->note))) {
                    apply(**read);
                }
            }
        }
    }
    void know_pods_of_file() {
        if (settings_.saved_pods) apply({Time::min(), PodsKnown{*settings_.saved_pods}});
    }
    /// What is due by then is told by what was known before.
    void apply(const Noted& noted) {
        look_after(is_live ? noted.time : clock_.bounded(noted.time));
        attribution_.apply(noted);
        const auto told = [&](Record& record) { tell(record); };
        if (const auto* facts = std::get_if<ConnectionFacts>(&noted.note))
            held_.answered({facts->netns, facts->client, facts->server}, told);
        else if (std::holds_alternative<PodsChange>(noted.note)) held_.hold_all(noted.time + change_patience);
        else if (const auto* known = std::get_if<PodsKnown>(&noted.note); known != nullptr && known->settled)
            held_.answered_all(told);
        if (recorder_ && !recording_failed_) note_recording(recorder_->write(noted));
    }

    /// Whether a user who pointed at pods wants it: what was seen in a namespace traced for one of them, or concerns one.
    [[nodiscard]] bool is_of_selected_pod(const NetworkRecord& record) const {
        const PodSelection& selected = settings_.pods.selection;
        if (selected.empty()) return true;
        if (surroundings_ != nullptr && surroundings_->is_selected(record.netns)) return true;
        for (const Peer* peer : {&record.client, &record.server})
            if (peer->pod != nullptr && selected.matches(peer->pod->namespace_name, peer->pod->name)) return true;
        return false;
    }

    void record(const Packet& packet) {
        note_recording(recorder_->write(packet, source_.interfaces()[packet.interface], source_.skips_bodies(), attribution_));
    }
    void note_recording(const Result<void>& written) {
        if (written) return;
        recording_failed_ = written.error();
        say(written.error().line() + "; tracing goes on without writing");
    }

    /// Nothing waits in the source: write what there is, then wait for more.
    Result<void> idle() {
        if (is_live) look_after(std::max(latest_, now() - ring_delay));
        if (recorder_ && !recording_failed_) note_recording(recorder_->flush());
        if (Result<void> flushed = flush(); !flushed || stopping_) return flushed;
        pollfd fds[] = {{source_.poll_fd(), POLLIN, 0},
                        {signals_.poll_fd(), POLLIN, 0},
                        {output_.poll_fd(), 0, 0},
                        {surroundings_ != nullptr ? surroundings_->poll_fd() : -1, POLLIN, 0},
                        {consumer_.poll_fd(), POLLIN, 0}};
        if (poll(fds, std::size(fds), patience()) < 0 && errno != EINTR)
            return fail("cannot wait for packets", {}, reason_of(errno));
        if ((fds[2].revents & POLLERR) != 0) done_ = stopping_ = true;  // as with `| head`
        attend();
        return {};
    }

    /// Milliseconds to wait for packets at most; -1 without end.
    [[nodiscard]] int patience() const {
        Nanoseconds wait = Nanoseconds::max();
        if (is_live && (stages_.holds_any() || !held_.empty())) wait = housekeeping;
        else if (is_live && stages_.waits()) wait = std::chrono::milliseconds(500);
        if (const auto due = is_live ? consumer_.due() : std::nullopt) wait = std::min<Nanoseconds>(wait, *due - onward());
        if (deadline_ != deadline_.max()) wait = std::min<Nanoseconds>(wait, deadline_ - std::chrono::steady_clock::now());
        if (wait == Nanoseconds::max()) return -1;
        return static_cast<int>(std::clamp<std::int64_t>(wait / std::chrono::milliseconds(1) + 1, 0, 60'000));
    }

    Result<void> flush() {
        if (pending_output_.empty()) return {};
        const auto written = output_.write(pending_output_);
        pending_output_.clear();
        if (!written) {
            done_ = stopping_ = true;
            return std::unexpected(written.error());
        }
        // Nothing goes behind a record that was written in part.
        if (*written != Output::Written::all) done_ = stopping_ = true;
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
                note_file();
                if (*next == Next::packet) take(packet);
                else if (*next == Next::end) break;
            }
        }
        return {};
    }

    /// The last records wait for what was asked about them as the others did.
    void await_answers() {
        if (surroundings_ == nullptr) return;
        const auto until = std::chrono::steady_clock::now() + answer_patience;
        while (!held_.empty() && !done_ && std::chrono::steady_clock::now() < until) {
            pollfd answers{surroundings_->poll_fd(), POLLIN, 0};
            if (poll(&answers, 1, milliseconds(answer_patience)) < 0) return;
            note_surroundings();
        }
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
        stages_.finish(stopped);
        await_answers();
        held_.finish([&](Record& record) { tell(record); });
        if (!done_ && begun_) consumer_.finish(stopped, pending_output_);
        CaptureLedger& ledger = stages_.ledger();
        ledger.duration = stopped - started_;
        ledger.packets = source_.counts();
        if (recorder_ && recording_ && !recording_failed_) {
            Result<void> recorded = recorder_->finish(ledger.packets, started_, stopped);
            if (!recorded) recording_failed_ = recorded.error();
        }
        ledger.packets.kept -= not_tcp_;
        ledger.packets.skipped_not_tcp += not_tcp_;
        Result<void> flushed = flush();
        if (output_failed_) return std::unexpected(*output_failed_);
        if (flushed && recording_failed_) return std::unexpected(*recording_failed_);
        return flushed;
    }

    Source& source_;
    Surroundings* surroundings_;  // null: packets come from a file, and what was around them too
    const TraceSettings& settings_;
    Consumer<Record>& consumer_;
    std::optional<Recorder> recorder_;
    std::optional<Error> recording_failed_, output_failed_;
    StopSignals& signals_;
    Output& output_;
    Attribution attribution_;
    HeldRecords<Record> held_;
    NoteReader note_reader_;
    Decoder decoder_;
    Segment segment_;  // the last that was decoded; a fresh one for each packet costs as much as finding its TCP header
    Stages stages_;
    std::string pending_output_;
    std::uint64_t not_tcp_ = 0;
    Time started_, latest_, looked_;
    FileClock clock_;  // of a file
    std::chrono::steady_clock::time_point looked_when_{};
    std::chrono::steady_clock::time_point deadline_ = std::chrono::steady_clock::time_point::max();
    bool begun_ = false, recording_ = false, stopping_ = false, done_ = false, note_failed_ = false;
};

}  // namespace podsnoop
