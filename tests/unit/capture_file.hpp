// Builds capture files for tests, in either byte order, and reads them back.
#pragma once

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "capture/file/file_capture.hpp"

namespace podsnoop::test {

/// Bytes of a file in one byte order.
class FileBytes {
  public:
    explicit FileBytes(std::endian order) : order_(order) {}

    FileBytes& u16(std::uint64_t value) { return number(value, 2); }
    FileBytes& u32(std::uint64_t value) { return number(value, 4); }
    FileBytes& u64(std::uint64_t value) { return number(value, 8); }
    FileBytes& raw(std::string_view bytes) {
        text_ += bytes;
        return *this;
    }
    FileBytes& pad() {
        text_.resize((text_.size() + 3) & ~std::size_t{3}, '\0');
        return *this;
    }
    [[nodiscard]] const std::string& text() const { return text_; }

  private:
    FileBytes& number(std::uint64_t value, unsigned size) {
        for (unsigned i = 0; i < size; ++i)
            text_ += static_cast<char>(value >> 8 * (order_ == std::endian::little ? i : size - 1 - i) & 0xff);
        return *this;
    }

    std::endian order_;
    std::string text_;
};

inline std::string pcap_header(std::endian order, std::uint32_t magic = 0xa1b2c3d4, std::uint32_t link = 1) {
    return FileBytes(order).u32(magic).u16(2).u16(4).u32(0).u32(0).u32(262144).u32(link).text();
}
inline std::string pcap_packet(std::endian order, std::uint32_t seconds, std::uint32_t ticks, std::string_view data,
                               std::optional<std::uint32_t> length = {}) {
    return FileBytes(order).u32(seconds).u32(ticks).u32(data.size()).u32(length.value_or(data.size())).raw(data).text();
}

inline std::string block(std::endian order, std::uint32_t type, std::string_view body) {
    FileBytes padded(order);
    padded.raw(body).pad();
    const std::size_t length = padded.text().size() + 12;
    return FileBytes(order).u32(type).u32(length).raw(padded.text()).u32(length).text();
}
inline std::string option(std::endian order, std::uint16_t code, std::string_view value) {
    return FileBytes(order).u16(code).u16(value.size()).raw(value).pad().text();
}
inline std::string option_u64(std::endian order, std::uint16_t code, std::uint64_t value) {
    return option(order, code, FileBytes(order).u64(value).text());
}
inline std::string section(std::endian order) {
    return block(order, 0x0a0d0d0a, FileBytes(order).u32(0x1a2b3c4d).u16(1).u16(0).u64(~0ull).text());
}
inline std::string interface(std::endian order, std::uint16_t link, std::string_view options = {},
                             std::uint32_t snap_length = 0) {
    return block(order, 1, FileBytes(order).u16(link).u16(0).u32(snap_length).raw(options).text());
}
inline std::string enhanced_packet(std::endian order, std::uint32_t interface, std::uint64_t ticks, std::string_view data,
                                   std::optional<std::uint32_t> length = {}, std::string_view options = {}) {
    FileBytes body(order);
    body.u32(interface).u32(ticks >> 32).u32(ticks & 0xffffffff).u32(data.size());
    return block(order, 6, body.u32(length.value_or(data.size())).raw(data).pad().raw(options).text());
}

/// One gzip member.
inline std::string gzip(std::string_view plain) {
    z_stream stream{};
    deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
    std::string packed(deflateBound(&stream, plain.size()), '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(plain.data()));
    stream.avail_in = static_cast<uInt>(plain.size());
    stream.next_out = reinterpret_cast<Bytef*>(packed.data());
    stream.avail_out = static_cast<uInt>(packed.size());
    deflate(&stream, Z_FINISH);
    packed.resize(stream.total_out);
    deflateEnd(&stream);
    return packed;
}

/// A file of its own that is gone with the test.
class TemporaryFile {
  public:
    explicit TemporaryFile(std::string_view content = {}) {
        const int fd = mkstemp(path_.data());
        REQUIRE(fd >= 0);
        REQUIRE(write(fd, content.data(), content.size()) == static_cast<ssize_t>(content.size()));
        close(fd);
    }
    TemporaryFile(const TemporaryFile&) = delete;
    TemporaryFile& operator=(const TemporaryFile&) = delete;
    ~TemporaryFile() { unlink(path_.c_str()); }
    void append(std::string_view content) const {
        const int fd = open(path_.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
        REQUIRE(write(fd, content.data(), content.size()) == static_cast<ssize_t>(content.size()));
        close(fd);
    }
    [[nodiscard]] const std::string& path() const { return path_; }

  private:
    std::string path_ = "/tmp/podsnoop-test-XXXXXX";
};

/// A packet that outlives its source's next call.
struct OwnedPacket {
    Packet packet;
    std::string data;
};

/// All that a capture file has to say.
struct Reading {
    std::vector<OwnedPacket> packets;
    std::string error;  ///< without the file's name; empty where it ended well
    std::vector<Interface> interfaces;
    PacketCounts counts;
};
inline Reading read_file(const std::string& path) {
    Reading reading;
    const auto failed = [&](const Error& error) { reading.error = error.what + ": " + error.why; };
    auto capture = FileCapture::open(path);
    if (!capture) {
        failed(capture.error());
        return reading;
    }
    Packet packet;
    for (;;) {
        const auto next = capture->next(packet);
        if (!next) failed(next.error());
        if (!next || *next == Next::end) break;
        if (*next == Next::packet) reading.packets.push_back({packet, std::string(as_text(packet.data))});
    }
    reading.interfaces = capture->interfaces();
    reading.counts = capture->counts();
    return reading;
}
inline Reading read_bytes(std::string_view content) { return read_file(TemporaryFile(content).path()); }

}  // namespace podsnoop::test
