#include "capture/file/pcapng_writer.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <limits>
#include <span>
#include <utility>

#include "capture/file/counts_comment.hpp"
#include "capture/file/link_types.hpp"
#include "capture/file/pcapng_format.hpp"
#include "node/reason.hpp"

namespace podsnoop {

using namespace pcapng;

namespace {

constexpr std::size_t flush_size = 256 * 1024;
constexpr std::uint32_t unnumbered = std::numeric_limits<std::uint32_t>::max();
constexpr std::size_t max_name = 255;  // of an address
constexpr std::size_t link_type_count = 6;
constexpr std::uint8_t nanoseconds = 9;  // if_tsresol: 10^-9

/// A Linux cooked v2 header that says only the protocol: no device number, no device type, no address.
constexpr std::size_t sll2_size = 20;
std::array<char, sll2_size> sll2_header(std::uint16_t protocol) {
    std::array<char, sll2_size> header{};
    header[0] = static_cast<char>(protocol >> 8);
    header[1] = static_cast<char>(protocol & 0xff);
    header[8] = header[9] = static_cast<char>(0xff);  // ARPHRD_VOID
    return header;
}

}  // namespace

Result<PcapngWriter> PcapngWriter::create(const std::string& path, bool skips_bodies) {
    Fd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR));
    if (!fd) return fail("cannot write capture", path, reason_of(errno));
    PcapngWriter writer(std::move(fd), path);
    writer.add_section(skips_bodies);
    return writer;
}

Result<void> PcapngWriter::empty() {
    // A pipe or a device has nothing to go.
    if (ftruncate(fd_.get(), 0) != 0 && errno != EINVAL) return fail("cannot write capture", path_, reason_of(errno));
    return {};
}

void PcapngWriter::start_over(bool skips_bodies) {
    pending_.clear();
    add_section(skips_bodies);
}

Result<void> PcapngWriter::write(const Packet& packet, const Interface& interface) {
    add_packet(packet, number_of(packet.interface, packet.link, interface));
    if (pending_.size() >= flush_size) return flush();
    return {};
}

Result<void> PcapngWriter::write_notes(std::span<const std::string> notes, std::span<const AddressName> names) {
    constexpr std::size_t block_limit = 1 << 20;  // far below what readers take for damage
    while (!notes.empty() || !names.empty()) {
        const std::size_t start = start_block(block_names);
        for (; !names.empty() && pending_.size() - start < block_limit; names = names.subspan(1)) {
            const AddressName& named = names.front();
            const bool v6 = named.address.family == 6;
            const std::string_view name = std::string_view(named.name).substr(0, max_name);
            std::string record(as_text(std::as_bytes(std::span(named.address.bytes)).first(v6 ? 16 : 4)));
            record += name;
            record += '\0';
            add_option(v6 ? name_of_ipv6 : name_of_ipv4, record);
        }
        add_option(names_end, {});
        bool any = false;
        for (; !notes.empty() && pending_.size() - start < block_limit; notes = notes.subspan(1)) {
            add_option(option_comment, std::string(note_comment) + notes.front());
            any = true;
        }
        if (any) add_option(option_end, {});
        end_block(start);
    }
    if (pending_.size() >= flush_size) return flush();
    return {};
}

Result<void> PcapngWriter::flush() {
    for (std::size_t done = 0; done < pending_.size();) {
        const ssize_t wrote = ::write(fd_.get(), pending_.data() + done, pending_.size() - done);
        if (wrote >= 0) {
            done += static_cast<std::size_t>(wrote);
        } else if (errno != EINTR) {
            const std::string why = reason_of(errno);
            // Without the part of a block that fitted, the file is whole. A pipe cannot be cut, and need not
            // be.
            [[maybe_unused]] const int cut = ftruncate(fd_.get(), static_cast<off_t>(flushed_ + whole_blocks(done)));
            return fail("cannot write capture", path_, why);
        }
    }
    flushed_ += pending_.size();
    pending_.clear();
    return {};
}

/// How many of the first `size` pending bytes are whole blocks.
std::size_t PcapngWriter::whole_blocks(std::size_t size) const {
    for (std::size_t at = 0;;) {
        std::uint32_t length = 0;
        if (at + block_header_size > size) return at;
        std::memcpy(&length, pending_.data() + at + sizeof length, sizeof length);
        if (at + length > size) return at;
        at += length;
    }
}

Result<void> PcapngWriter::finish(const PacketCounts& counts, Time started, Time stopped) {
    // Statistics belong to an interface, and libpcap does not open a file that describes none.
    if (described_ == 0) add_interface(LinkType::ethernet, {});
    const std::size_t start = start_block(block_statistics);
    add(std::uint32_t{0});  // the counters are of all interfaces together; they stand with the first
    add_time(stopped);
    const auto add_counter = [&](std::uint16_t code, std::uint64_t value) {
        add_option(code, as_text(std::as_bytes(std::span(&value, 1))));
    };
    add_option(option_comment, counts_comment(counts));
    for (const auto& [code, time] : {std::pair{statistics_start, started}, {statistics_end, stopped}}) {
        add(std::uint16_t{code});
        add(std::uint16_t{8});
        add_time(time);
    }
    add_counter(statistics_received, counts.seen);
    add_counter(statistics_dropped_by_interface, counts.dropped_ring_full);
    add_counter(statistics_dropped_by_system, counts.dropped_other);
    add_option(option_end, {});
    end_block(start);
    return flush();
}

/// An interface's number in the file. One that gives packets of two link types is described twice.
std::uint32_t PcapngWriter::number_of(std::uint32_t index, LinkType link, const Interface& interface) {
    const std::size_t at = index * link_type_count + static_cast<std::size_t>(link);
    if (at >= numbers_.size()) numbers_.resize(at + 1, unnumbered);
    if (numbers_[at] == unnumbered) {
        numbers_[at] = described_;
        add_interface(link, interface);
    }
    return numbers_[at];
}

void PcapngWriter::add_section(bool skips_bodies) {
    const std::size_t start = start_block(block_section);
    add(byte_order_magic);
    add(std::uint16_t{1});  // version 1.0
    add(std::uint16_t{0});
    add(std::numeric_limits<std::uint64_t>::max());  // the section's length is not known
    if (skips_bodies) add_option(option_comment, skips_bodies_comment);
    add_option(section_application, "podsnoop " PODSNOOP_VERSION);
    add_option(option_end, {});
    end_block(start);
}

void PcapngWriter::add_interface(LinkType link, const Interface& interface) {
    const std::size_t start = start_block(block_interface);
    add(link_type_number(link));
    add(std::uint16_t{0});
    add(std::uint32_t{0});  // no snap length: what is kept of a packet is decided one by one
    if (!interface.name.empty()) add_option(interface_name, interface.name);
    if (interface.netns != 0) add_option(interface_description, std::string(netns_description) + std::to_string(interface.netns));
    add_option(interface_resolution, {reinterpret_cast<const char*>(&nanoseconds), 1});
    add_option(option_end, {});
    end_block(start);
    ++described_;
}

void PcapngWriter::add_packet(const Packet& packet, std::uint32_t number) {
    const bool cooked = packet.link == LinkType::network;
    const auto extra = static_cast<std::uint32_t>(cooked ? sll2_size : 0);
    const std::size_t start = start_block(block_enhanced_packet);
    add(number);
    add_time(packet.time);
    add(static_cast<std::uint32_t>(packet.data.size()) + extra);
    add(packet.wire_length + extra);
    if (cooked) {
        const auto header = sll2_header(packet.protocol);
        pending_.append(header.data(), header.size());
    }
    pending_ += as_text(packet.data);
    end_block(start);
}

/// Nanoseconds since 1970, the upper half first whatever the byte order.
void PcapngWriter::add_time(Time time) {
    const auto ticks = static_cast<std::uint64_t>(std::max<std::int64_t>(time.time_since_epoch().count(), 0));
    add(static_cast<std::uint32_t>(ticks >> 32));
    add(static_cast<std::uint32_t>(ticks));
}

void PcapngWriter::add_option(std::uint16_t code, std::string_view value) {
    add(code);
    add(static_cast<std::uint16_t>(value.size()));
    pending_ += value;
    pending_.append(padded(value.size()) - value.size(), '\0');
}

template <class Integer>
void PcapngWriter::add(Integer value) {
    pending_.append(as_text(std::as_bytes(std::span(&value, 1))));
}

/// Starts a block whose length is not known yet; gives its place in pending_.
std::size_t PcapngWriter::start_block(std::uint32_t type) {
    const std::size_t start = pending_.size();
    add(type);
    add(std::uint32_t{0});
    return start;
}

void PcapngWriter::end_block(std::size_t start) {
    const std::size_t size = pending_.size() - start;
    pending_.append(padded(size) - size, '\0');
    const auto length = static_cast<std::uint32_t>(padded(size) + block_trailer_size);
    std::memcpy(pending_.data() + start + sizeof(std::uint32_t), &length, sizeof length);
    add(length);
}

}  // namespace podsnoop
