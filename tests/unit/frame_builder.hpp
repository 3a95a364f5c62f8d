// Builds packets for tests from the inside out: each function puts its header before what it is given.
//
//   Buffer frame = ethernet(ipv4({}, tcp({.seq = 100, .flags = tcp_ack | tcp_psh}, "GET /
//   HTTP/1.1\r\n\r\n"))); Packet packet = packet_of(frame);
//
// Whatever is not named is what a client at 10.0.0.1:40000 (or [fd00::1]:40000) would send to port 80 of
// 10.0.0.2. Lengths are right unless given; checksums are zero, as on a sender's own tap.
#pragma once

#include <arpa/inet.h>

#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "base/address.hpp"
#include "event/packet.hpp"
#include "event/segment.hpp"

namespace podsnoop::test {

/// Owned bytes that numbers are appended to.
class Buffer {
  public:
    Buffer() = default;
    Buffer(std::string_view text) : text_(text) {}
    Buffer(const std::string& text) : text_(text) {}
    Buffer(const char* text) : text_(text) {}

    Buffer& u8(std::uint64_t value) { return big_endian(value, 1); }
    Buffer& u16(std::uint64_t value) { return big_endian(value, 2); }
    Buffer& u32(std::uint64_t value) { return big_endian(value, 4); }
    Buffer& u64(std::uint64_t value) { return big_endian(value, 8); }
    Buffer& zeros(std::size_t count) {
        text_.append(count, '\0');
        return *this;
    }
    Buffer& add(const Buffer& other) {
        text_ += other.text_;
        return *this;
    }

    [[nodiscard]] std::size_t size() const { return text_.size(); }
    [[nodiscard]] Bytes bytes() const { return as_bytes(text_); }
    [[nodiscard]] std::string_view text() const { return text_; }
    /// The first `count` bytes, as a capture with a short snap length has them.
    [[nodiscard]] Buffer first(std::size_t count) const { return {std::string_view(text_).substr(0, count)}; }

  private:
    Buffer& big_endian(std::uint64_t value, unsigned count) {
        for (unsigned i = count; i-- > 0;) text_ += static_cast<char>(value >> (8 * i) & 0xff);
        return *this;
    }

    std::string text_;
};

/// "10.0.0.1" or "fd00::1" as its 4 or 16 bytes.
inline Buffer address_bytes(const std::string& text) {
    char raw[16];
    if (inet_pton(AF_INET, text.c_str(), raw) == 1) return std::string_view(raw, 4);
    if (inet_pton(AF_INET6, text.c_str(), raw) == 1) return std::string_view(raw, 16);
    throw std::invalid_argument("no address: " + text);
}
inline Address address(const std::string& text) { return Address::from(address_bytes(text).bytes()); }
inline Endpoint endpoint(const std::string& host, std::uint16_t port) { return {address(host), port}; }

struct Tcp {
    std::uint16_t source = 40000, destination = 80;
    std::uint32_t seq = 1, ack = 1;
    unsigned flags = tcp_ack;
    std::uint16_t window = 502;
    Buffer options{};                        ///< a multiple of 4 bytes, at most 40
    std::optional<unsigned> header_words{};  ///< the data offset field, where it shall be wrong
};
inline Buffer tcp(const Tcp& fields, const Buffer& payload = {}) {
    const std::size_t words = fields.header_words.value_or(static_cast<unsigned>(5 + fields.options.size() / 4));
    return Buffer()
        .u16(fields.source)
        .u16(fields.destination)
        .u32(fields.seq)
        .u32(fields.ack)
        .u8(words << 4)
        .u8(fields.flags)
        .u16(fields.window)
        .u32(0)
        .add(fields.options)
        .add(payload);
}

struct Ipv4 {
    std::string source = "10.0.0.1", destination = "10.0.0.2";
    std::uint8_t protocol = 6;
    std::uint16_t id = 0x1234;
    std::uint16_t fragment = 0;                   ///< the flags and offset field, 0x2000 is "more fragments"
    Buffer options{};                             ///< a multiple of 4 bytes, at most 40
    std::optional<unsigned> header_words{};       ///< where it shall be wrong
    std::optional<std::uint16_t> total_length{};  ///< where it shall be wrong
};
inline Buffer ipv4(const Ipv4& fields, const Buffer& payload) {
    const std::size_t words = 5 + fields.options.size() / 4;
    const std::size_t total = words * 4 + payload.size();
    return Buffer()
        .u8(0x40 | fields.header_words.value_or(static_cast<unsigned>(words)))
        .u8(0)
        .u16(fields.total_length.value_or(static_cast<std::uint16_t>(total)))
        .u16(fields.id)
        .u16(fields.fragment)
        .u8(64)
        .u8(fields.protocol)
        .u16(0)
        .add(address_bytes(fields.source))
        .add(address_bytes(fields.destination))
        .add(fields.options)
        .add(payload);
}

struct Ipv6 {
    std::string source = "fd00::1", destination = "fd00::2";
    std::uint8_t next = 6;
    std::optional<std::uint16_t> payload_length{};  ///< where it shall be wrong
};
inline Buffer ipv6(const Ipv6& fields, const Buffer& payload) {
    return Buffer()
        .u32(0x60000000)
        .u16(fields.payload_length.value_or(static_cast<std::uint16_t>(payload.size())))
        .u8(fields.next)
        .u8(64)
        .add(address_bytes(fields.source))
        .add(address_bytes(fields.destination))
        .add(payload);
}

/// IPv6's fragment header and what follows it; `offset` in bytes.
inline Buffer ipv6_fragment(std::uint8_t next, unsigned offset, bool more, const Buffer& payload, std::uint32_t id = 7) {
    return Buffer().u8(next).u8(0).u16(offset | (more ? 1u : 0u)).u32(id).add(payload);
}

inline Buffer udp(std::uint16_t destination, const Buffer& payload) {
    return Buffer().u16(49152).u16(destination).u16(8 + payload.size()).u16(0).add(payload);
}

/// VXLAN and Geneve with their UDP headers; `frame` is Ethernet unless a Geneve type says otherwise.
inline Buffer vxlan(const Buffer& frame, std::uint16_t port = 4789, std::uint8_t flags = 0x08) {
    return udp(port, Buffer().u8(flags).zeros(3).u32(42 << 8).add(frame));
}
inline Buffer geneve(const Buffer& payload, std::uint16_t type = 0x6558, const Buffer& options = {}, std::uint8_t version = 0,
                     std::uint8_t flags = 0) {
    return udp(
        6081,
        Buffer().u8(std::size_t{version} << 6 | options.size() / 4).u8(flags).u16(type).u32(42 << 8).add(options).add(payload));
}

/// `flags` says which of checksum, key and sequence number there are.
inline Buffer gre(std::uint16_t type, const Buffer& payload, std::uint16_t flags = 0) {
    Buffer header = Buffer().u16(flags).u16(type);
    for (const unsigned flag : {0x8000u, 0x2000u, 0x1000u})
        if ((flags & flag) != 0) header.u32(0x01020304);
    return header.add(payload);
}

/// So many labels, the last one marked as such.
inline Buffer mpls(int labels, const Buffer& payload) {
    Buffer stack;
    for (int left = labels; left > 0; --left) stack.u32(16u << 12 | (left == 1 ? 0x100u : 0u) | 64);
    return stack.add(payload);
}

/// The EtherType that an IP packet asks for by its version.
inline std::uint16_t ether_type(const Buffer& packet) { return (packet.text().at(0) & 0xf0) == 0x60 ? 0x86dd : 0x0800; }

/// What follows a VLAN tag's own EtherType: TCI and the EtherType of what it wraps.
inline Buffer vlan(std::uint16_t tci, std::uint16_t type, const Buffer& payload) {
    return Buffer().u16(tci).u16(type).add(payload);
}
inline Buffer vlan(std::uint16_t tci, const Buffer& packet) { return vlan(tci, ether_type(packet), packet); }

inline Buffer ethernet(std::uint16_t type, const Buffer& payload) {
    return Buffer().u16(0x0200).u32(2).u16(0x0200).u32(1).u16(type).add(payload);
}
inline Buffer ethernet(const Buffer& packet) { return ethernet(ether_type(packet), packet); }

/// Linux cooked v1 and v2 headers, of a packet to this host on an Ethernet device.
inline Buffer linux_sll(std::uint16_t type, const Buffer& payload) {
    return Buffer().u16(0).u16(1).u16(6).u16(0x0200).u32(1).u16(0).u16(type).add(payload);
}
inline Buffer linux_sll2(std::uint16_t type, const Buffer& payload) {
    return Buffer().u16(type).u16(0).u32(2).u16(1).u8(0).u8(6).u16(0x0200).u32(1).u16(0).add(payload);
}

/// A packet over bytes that must outlive it. `wire_length` 0 stands for "all of it was captured".
inline Packet packet_of(const Buffer& frame, LinkType link = LinkType::ethernet, std::size_t wire_length = 0) {
    Packet packet;
    packet.data = frame.bytes();
    packet.wire_length = static_cast<std::uint32_t>(wire_length != 0 ? wire_length : frame.size());
    packet.link = link;
    return packet;
}

}  // namespace podsnoop::test
