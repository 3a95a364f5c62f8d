// A capture file as a source of packets.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/result.hpp"
#include "capture/file/input.hpp"
#include "capture/file/pcap.hpp"
#include "capture/file/pcapng.hpp"
#include "capture/source.hpp"
#include "event/ledger.hpp"
#include "event/packet.hpp"

namespace podsnoop {

/// Reads pcap and pcapng, plain or gzip, from a file, a pipe, or standard input ("-").
class FileCapture {
  public:
    /// Fails where the file cannot be opened or, unless it is a pipe, does not start as a capture does. A
    /// pipe is not waited for.
    static Result<FileCapture> open(const std::string& path);
    /// The two halves of that: the first reads no byte of the file, so that privileges can be given up in between.
    static Result<FileCapture> open_unread(const std::string& path);
    Result<void> begin();
    /// Whether it was found to be a capture; of a pipe, only once its first bytes were read.
    [[nodiscard]] bool is_known() const { return !std::holds_alternative<std::monostate>(reader_); }

    /// The next packet. Every packet before damage is given, then the damage as an Error, and the same Error
    /// from then on. Idle comes only from pipes: with nothing waiting, or when a signal interrupted the wait.
    Result<Next> next(Packet& packet) {
        // As most are: a packet of a pcap that is whole in the window.
        const auto* pcap = std::get_if<PcapReader>(&reader_);
        if (pcap == nullptr || input_.is_cut() || !pcap->take(input_, packet)) return read(packet);
        ++packets_;
        return Next::packet;
    }

    /// What the file says of its interfaces so far; grows while it is read. A pcap has one, without a name.
    [[nodiscard]] const std::vector<Interface>& interfaces() const {
        const auto* pcapng = std::get_if<PcapngReader>(&reader_);
        return pcapng != nullptr ? pcapng->interfaces() : unnamed_;
    }
    /// So far; what was lost when the capture was made is known at its end.
    [[nodiscard]] PacketCounts counts() const;
    /// Whether the packets to come are of a capture that left out segments inside bodies, as podsnoop's does.
    [[nodiscard]] bool skips_bodies() const {
        const auto* pcapng = std::get_if<PcapngReader>(&reader_);
        return pcapng != nullptr && pcapng->skips_bodies();
    }
    /// When capturing began and ended, where the file says it; known once it was read to its end.
    [[nodiscard]] std::optional<Time> started() const;
    [[nodiscard]] std::optional<Time> stopped() const;
    /// What the writer knew of pods, namespaces and connections where the packet last given stands in the file (or, at
    /// its end, behind the last packet), since the last call; see PcapngWriter::write_notes.
    std::vector<std::string> take_notes();
    /// Whether that is any.
    [[nodiscard]] bool has_notes() const {
        const auto* pcapng = std::get_if<PcapngReader>(&reader_);
        return pcapng != nullptr && pcapng->has_notes();
    }
    /// Readable when more may be waiting; for poll(). A regular file always is.
    [[nodiscard]] int poll_fd() const { return input_.fd(); }

  private:
    explicit FileCapture(Input input) : input_(std::move(input)) {}
    Result<Input::Fill> detect();
    Result<Next> read(Packet& packet);

    Input input_;
    std::variant<std::monostate, PcapReader, PcapngReader> reader_;  // monostate until the format is known
    std::vector<Interface> unnamed_{1};                              // a pcap's interface
    std::uint64_t packets_ = 0;
};

}  // namespace podsnoop
