// Readers of capture files. The input is a file as it would be given to -r. It is read from a file, from a
// pipe and out of gzip, which must all give the same; what was read is written as pcapng and read again.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <string>
#include <vector>

#include "capture/file/file_capture.hpp"
#include "capture/file/limits.hpp"
#include "capture/file/pcapng_writer.hpp"
#include "fuzz.hpp"

using namespace podsnoop;
using namespace podsnoop::fuzz;

namespace {

constexpr std::size_t pipe_size = 65536;  // bytes a pipe takes without a reader

struct OwnedPacket {
    Packet packet;
    std::string data;
};

/// All that a file has to say.
struct Reading {
    std::vector<OwnedPacket> packets;
    std::vector<Interface> interfaces;
    PacketCounts counts;
    std::string error;  ///< without the file's name
};

std::string path_of(const Fd& fd) { return "/proc/self/fd/" + std::to_string(fd.get()); }

Fd memory_file(Bytes content) {
    Fd fd(memfd_create("fuzz", MFD_CLOEXEC));
    must(write(fd.get(), content.data(), content.size()) == static_cast<ssize_t>(content.size()), "memory is writable");
    return fd;
}

void check(const Packet& packet, std::size_t interfaces) {
    must(packet.data.size() <= max_record, "a packet's size is bounded");
    must(packet.wire_length >= packet.data.size(), "no more was captured than there was on the wire");
    must(packet.interface < interfaces, "a packet's interface is known");
    constexpr std::int64_t furthest = std::int64_t{1} << 62;  // nanoseconds
    const std::int64_t time = packet.time.time_since_epoch().count();
    must(time >= -furthest && time < furthest, "the difference of two times can be told");
}

Reading read_path(const std::string& path) {
    Reading reading;
    auto capture = FileCapture::open(path);
    if (!capture) {
        reading.error = capture.error().why;
        must(!reading.error.empty(), "an error says why");
        return reading;
    }
    Packet packet;
    for (;;) {
        const Result<Next> next = capture->next(packet);
        if (!next) {
            reading.error = next.error().why;
            const Result<Next> again = capture->next(packet);
            must(!again && again.error().why == reading.error, "an error stays");
        }
        if (!next || *next == Next::end) break;
        if (*next == Next::idle) continue;
        check(packet, capture->interfaces().size());
        reading.packets.push_back({packet, std::string(as_text(packet.data))});
        reading.packets.back().packet.data = {};
    }
    reading.interfaces = capture->interfaces();
    reading.counts = capture->counts();
    must(reading.counts.kept == reading.packets.size(), "every packet is counted");
    must(reading.interfaces.size() <= max_interfaces, "the number of interfaces is bounded");
    return reading;
}

void must_agree(const Reading& a, const Reading& b) {
    must(a.packets.size() == b.packets.size(), "as many packets either way");
    for (std::size_t i = 0; i < a.packets.size(); ++i) {
        must(a.packets[i].data == b.packets[i].data, "the same bytes either way");
        must(a.packets[i].packet.time == b.packets[i].packet.time, "the same time either way");
        must(a.packets[i].packet.wire_length == b.packets[i].packet.wire_length, "the same length either way");
    }
    must(a.error.empty() == b.error.empty(), "an error either way");
}

Reading read_from_pipe(Bytes content) {
    int ends[2];
    must(pipe2(ends, O_CLOEXEC) == 0, "a pipe can be made");
    const Fd reader(ends[0]);
    Fd writer(ends[1]);
    must(write(writer.get(), content.data(), content.size()) == static_cast<ssize_t>(content.size()), "a pipe takes it");
    writer.reset();
    return read_path(path_of(reader));
}

std::string gzip(Bytes plain) {
    z_stream stream{};
    deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
    std::string packed(deflateBound(&stream, plain.size()), '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(plain.data()));
    stream.avail_in = static_cast<uInt>(plain.size());
    stream.next_out = reinterpret_cast<Bytef*>(packed.data());
    stream.avail_out = static_cast<uInt>(packed.size());
    must(deflate(&stream, Z_FINISH) == Z_STREAM_END, "zlib compresses");
    packed.resize(stream.total_out);
    deflateEnd(&stream);
    return packed;
}

/// Packets are written with what podsnoop itself would have read of them.
void check_written(const Reading& reading) {
    const Fd file = memory_file({});
    auto writer = PcapngWriter::create(path_of(file));
    must(writer.has_value(), "a capture can be made");
    for (const OwnedPacket& owned : reading.packets) {
        Packet packet = owned.packet;
        packet.data = as_bytes(owned.data);
        must(writer->write(packet, reading.interfaces[packet.interface]).has_value(), "a packet can be written");
    }
    must(writer->finish(reading.counts, Time{}, Time{}).has_value(), "the end can be written");
    const Reading again = read_path(path_of(file));
    must(again.error.empty(), "what was written can be read");
    must(again.packets.size() == reading.packets.size(), "as many packets as were written");
    for (std::size_t i = 0; i < again.packets.size(); ++i) {
        const Packet &before = reading.packets[i].packet, &after = again.packets[i].packet;
        must(reading.packets[i].data == again.packets[i].data && before.link == after.link, "the bytes written");
        must(before.wire_length == after.wire_length, "the length written");
        must(after.time == std::max(before.time, Time{}), "the time written");  // pcapng has none before 1970
        must(reading.interfaces[before.interface].name == again.interfaces[after.interface].name &&
                 reading.interfaces[before.interface].netns == again.interfaces[after.interface].netns,
             "the interface written");
    }
    must(again.counts.seen == reading.counts.seen && again.counts.kept == reading.counts.kept, "the counters written");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const Bytes content = input_bytes(data, std::min(size, pipe_size));
    const Reading reading = read_path(path_of(memory_file(content)));
    must_agree(reading, read_from_pipe(content));
    if (content.size() < 2 || content[0] != std::byte{0x1f}) {
        const std::string packed = gzip(content);
        must_agree(reading, read_path(path_of(memory_file(as_bytes(packed)))));
    }
    if (!reading.packets.empty()) check_written(reading);
    return 0;
}
