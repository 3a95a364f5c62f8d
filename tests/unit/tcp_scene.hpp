// What a client and a server say on TCP, written down packet by packet, and what the tracker tells of it.
//
//   Scene scene;
//   scene.client(0us, "S").server(200us, "SA").client(300us, "A").client(400us, "A", 5);
//   CHECK(told(scene.packets()) == "capture-end 5/0");
//
// Sequence numbers follow from what was said before, unless a `Said` names them.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "decode/decoder.hpp"
#include "frame_builder.hpp"
#include "tcp/tracker.hpp"

namespace podsnoop::test {

/// One packet; sequence numbers count from the sender's SYN, which is 0.
struct Said {
    bool by_server = false;
    Nanoseconds at{};  ///< since the scene's start
    std::string flags{};  ///< of S, A, F, R
    std::uint32_t length = 0, seq = 0, ack = 0;
    std::uint16_t window = 502;
    std::uint32_t interface = 0;
    std::uint16_t client_port = 40000;
};

/// How packets of a scene are put on the wire.
struct Wire {
    std::array<std::uint32_t, 2> first{1000, 5000};  ///< sequence numbers of the SYNs: the client's, the server's
    std::string client = "10.0.0.1", server = "10.0.0.2";
    bool headers_only = false;  ///< the capture leaves payloads out
    Nanoseconds start{1'700'000'000'000'000'000};
};

class Scene {
  public:
    /// What an end has not said before: right behind its last byte, acknowledging all of the other's.
    Scene& client(Nanoseconds at, const std::string& flags, std::uint32_t length = 0) { return say(false, at, flags, length); }
    Scene& server(Nanoseconds at, const std::string& flags, std::uint32_t length = 0) { return say(true, at, flags, length); }
    /// Anything else.
    Scene& add(const Said& said) {
        said_.push_back(said);
        return *this;
    }
    /// Its latest packet again.
    Scene& again(Nanoseconds at) {
        said_.push_back(said_.back());
        said_.back().at = at;
        return *this;
    }
    /// SYN at 0, SYN-ACK at 200 us, ACK at 300 us.
    Scene& handshake() {
        using namespace std::chrono_literals;
        return client(0us, "S").server(200us, "SA").client(300us, "A");
    }
    [[nodiscard]] const std::vector<Said>& packets() const { return said_; }
    [[nodiscard]] Said& last() { return said_.back(); }

  private:
    Scene& say(bool by_server, Nanoseconds at, const std::string& flags, std::uint32_t length) {
        const auto has = [&](char flag) { return flags.find(flag) != std::string::npos; };
        Said said{.by_server = by_server, .at = at, .flags = flags, .length = length};
        said.seq = next_[by_server];
        if (has('A')) said.ack = next_[!by_server];
        next_[by_server] += length + (has('S') || has('F') ? 1 : 0);
        return add(said);
    }

    std::vector<Said> said_;
    std::array<std::uint32_t, 2> next_{};
};

/// Keeps what is told.
class Told : public ConnectionSink {
  public:
    bool begins(TcpConnection& connection, std::uint32_t) override {
        opened.push_back(connection);
        return wanted;
    }
    void ended(TcpConnection& connection) override { records.push_back(connection); }
    [[nodiscard]] const Interface& interface(std::uint32_t index) const override { return interfaces.at(index); }

    std::vector<TcpConnection> opened, records;
    std::vector<Interface> interfaces{{"eth0", 7}, {"eth1", 7}};
    bool wanted = true;
};

/// A tracker with its sink and ledger; packets go through the decoder.
struct Tracking {
    explicit Tracking(const TcpLimits& limits = {}) : tracker(told, ledger, limits, 0) {}

    void take(const Said& said, const Wire& wire = {}) {
        unsigned flags = 0;
        for (const char c : said.flags)
            flags |= static_cast<unsigned>(c == 'S' ? tcp_syn : c == 'A' ? tcp_ack : c == 'F' ? tcp_fin : tcp_rst);
        Tcp header{.source = said.client_port, .destination = 80, .flags = flags, .window = said.window};
        if (said.by_server) std::swap(header.source, header.destination);
        header.seq = wire.first[said.by_server] + said.seq;
        header.ack = (flags & tcp_ack) != 0 ? wire.first[!said.by_server] + said.ack : 0;
        const auto &source = said.by_server ? wire.server : wire.client,
                   &destination = said.by_server ? wire.client : wire.server;
        const Buffer segment = tcp(header, std::string(said.length, 'x'));
        const bool v6 = source.find(':') != std::string::npos;
        const Buffer frame = ethernet(v6 ? ipv6({.source = source, .destination = destination}, segment)
                                         : ipv4({.source = source, .destination = destination}, segment));
        const Buffer captured = wire.headers_only ? frame.first(frame.size() - said.length) : frame;
        Packet packet = packet_of(captured, LinkType::ethernet, frame.size());
        packet.time = Time{wire.start + said.at};
        packet.interface = said.interface;
        Segment decoded;
        if (decode(packet, decoded) != Decoded::segment) throw std::logic_error("a scene's packet is not a segment");
        tracker.advance(packet.time);
        tracker.accept(decoded);
    }
    void take(const std::vector<Said>& packets, const Wire& wire = {}) {
        for (const Said& said : packets) take(said, wire);
    }

    Told told;
    TcpLedger ledger;
    TcpTracker tracker;
};

/// "END CLIENT-BYTES/SERVER-BYTES", and what else there is: "again 1/0" (segments sent again), "zero 0/1" (closed windows),
/// "syns 2", "by client", flags.
inline std::string line_of(const TcpConnection& c) {
    const auto both = [](std::uint64_t client, std::uint64_t server) {
        return std::to_string(client) + '/' + std::to_string(server);
    };
    std::string line = std::string(name_of(c.end)) + ' ' + both(c.client_counts.bytes, c.server_counts.bytes);
    if (c.retransmits() != 0) line += " again " + both(c.client_counts.retransmits, c.server_counts.retransmits);
    if (c.client_counts.zero_windows + c.server_counts.zero_windows != 0)
        line += " zero " + both(c.client_counts.zero_windows, c.server_counts.zero_windows);
    if (c.syns > 1) line += " syns " + std::to_string(c.syns);
    if (c.reset_by != ResetBy::none) line += " by " + std::string(name_of(c.reset_by));
    for (unsigned bit = 1; bit < 256; bit <<= 1)
        if ((c.flags & bit) != 0) line += ' ' + std::string(name_of(static_cast<ConnectionFlag>(bit)));
    return line;
}

/// A line for each, "; " between them.
inline std::string lines_of(const std::vector<TcpConnection>& records) {
    std::string lines;
    for (const TcpConnection& connection : records) lines += (lines.empty() ? "" : "; ") + line_of(connection);
    return lines;
}

/// What is told of these packets when there are no more, in the order of telling.
inline std::vector<TcpConnection> records_of(const std::vector<Said>& packets, const Wire& wire = {}) {
    Tracking tracking;
    tracking.take(packets, wire);
    tracking.tracker.finish();
    return tracking.told.records;
}
inline std::string told(const std::vector<Said>& packets, const Wire& wire = {}) { return lines_of(records_of(packets, wire)); }

}  // namespace podsnoop::test
