// Saves packets as a pcapng file that Wireshark, tcpdump and PcapngReader read.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/address.hpp"
#include "base/fd.hpp"
#include "base/result.hpp"
#include "event/ledger.hpp"
#include "event/packet.hpp"

namespace podsnoop {

/// One section in this host's byte order, with nanoseconds. Blocks are gathered and written in large pieces;
/// an error leaves a file that ends with a whole block. After an error the writer is of no more use.
class PcapngWriter {
  public:
    /// Makes the file, readable by its owner only. What is in one that is there already has to go with `empty()`.
    /// `skips_bodies`: the capture leaves out segments inside bodies (see bpf/README.md).
    static Result<PcapngWriter> create(const std::string& path, bool skips_bodies = false);
    Result<void> empty();
    /// As if just created: of what was gathered nothing may have been written to the file yet.
    void start_over(bool skips_bodies);

    /// Adds a packet that was seen on this interface. An interface is described when its first packet comes.
    Result<void> write(const Packet& packet, const Interface& interface);
    /// Adds what is known from here on, each note a text without line ends of at most 65,000 bytes that the reader gives
    /// back as it is; and names of addresses, for Wireshark.
    struct AddressName {
        Address address;
        std::string name;
    };
    Result<void> write_notes(std::span<const std::string> notes, std::span<const AddressName> names);
    /// Hands what was gathered to the kernel.
    Result<void> flush();
    /// Adds the counters, and when capturing began and ended; and flushes. Nothing may follow.
    Result<void> finish(const PacketCounts& counts, Time started, Time stopped);

    /// The file's size with what is gathered, in bytes.
    [[nodiscard]] std::uint64_t size() const { return flushed_ + pending_.size(); }

  private:
    PcapngWriter(Fd fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}

    std::uint32_t number_of(std::uint32_t index, LinkType link, const Interface& interface);
    [[nodiscard]] std::size_t whole_blocks(std::size_t size) const;
    void add_section(bool skips_bodies);
    void add_interface(LinkType link, const Interface& interface);
    void add_packet(const Packet& packet, std::uint32_t number);
    void add_time(Time time);
    void add_option(std::uint16_t code, std::string_view value);
    template <class Integer>
    void add(Integer value);
    std::size_t start_block(std::uint32_t type);
    void end_block(std::size_t start);

    Fd fd_;
    std::string path_;
    std::string pending_;  // whole blocks, not yet written
    std::uint64_t flushed_ = 0;
    std::vector<std::uint32_t> numbers_;  // by the source's index and the link type; unnumbered where not described
    std::uint32_t described_ = 0;  // how many interfaces the file describes
};

}  // namespace podsnoop
