// -w: the packets that were kept, saved as they come, in one file or in several that take turns.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "attribute/attribution.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "capture/file/pcapng_writer.hpp"
#include "event/ledger.hpp"
#include "event/packet.hpp"

namespace podsnoop {

struct RecorderOptions {
    std::string path;
    std::uint64_t file_bytes = 0;  ///< begin another file at about this size, beside what was known at its start; 0: one file
    std::uint64_t files = 0;       ///< at most so many, the oldest is written over; 0: no limit
};

/// Each file is whole in itself. The first is named as asked, the others get a number: "x.pcapng", "x.1.pcapng".
class Recorder {
  public:
    /// What is in a file of that name stays until `empty()`.
    static Result<Recorder> create(RecorderOptions options);
    Result<void> empty() { return writer_->empty(); }

    /// `skips_bodies`: see PcapngWriter. Each file starts with what is known by then.
    Result<void> write(const Packet& packet, const Interface& interface, bool skips_bodies, const Attribution& known);
    /// Writes what became known since the packet before.
    Result<void> write(const Noted& noted);
    /// Writes what was gathered, where nothing more comes for now.
    Result<void> flush() { return begun_ ? writer_->flush() : Result<void>(); }
    /// Completes the file with the counters of the whole trace, which stand in the last file.
    Result<void> finish(const PacketCounts& counts, Time started, Time stopped);

  private:
    explicit Recorder(RecorderOptions options) : options_(std::move(options)) {}
    Result<void> open(bool skips_bodies);
    Result<void> begin(bool skips_bodies, const Attribution& known, Time first);
    [[nodiscard]] std::string name(std::uint64_t number) const;

    RecorderOptions options_;
    std::optional<PcapngWriter> writer_;
    NoteWriter notes_;          // of the present file
    std::uint64_t base_ = 0;    // the size of the present file before its first packet
    std::uint64_t number_ = 0;
    bool begun_ = false;  // the present file says whether bodies are skipped, which the first packet tells
    Time first_, last_;   // packets of the present file
};

}  // namespace podsnoop
