// Segments of one connection as the filter's tests send them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "filter_run.hpp"

namespace podsnoop {

inline constexpr std::uint32_t server_seq = 0x10000000, client_seq = 0x20000000;

inline std::string response(const std::string& fields, const std::string& status = "200 OK") {
    return "HTTP/1.1 " + status + "\r\nServer: test\r\n" + fields + "\r\n";
}

/// One connection: segments that follow one another in both directions, run through a filter.
struct Conversation {
    FilterRun& run;
    std::uint32_t client = client_seq, server = server_seq;
    std::uint16_t port = 40000;  // of those that go on at once each differs in bits 1 to 6, then no two share a slot
    std::optional<std::uint16_t> ip_length{};  // instead of the right one

    /// Gives the payload bytes kept; `skipped` where the segment was.
    int send(bool from_server, const std::string& payload, const char* flags = "A") {
        std::uint32_t& seq = from_server ? server : client;
        const Crafted segment{.from_server = from_server,
                              .seq = seq,
                              .flags = flags,
                              .payload = payload,
                              .ack = from_server ? client : server,
                              .client_port = port,
                              .ip_length = ip_length};
        const std::uint32_t kept = run(segment);
        seq += static_cast<std::uint32_t>(payload.size());
        return kept == 0 ? -1 : static_cast<int>(kept - segment.headers());
    }
    int ask(const std::string& text) { return send(false, text); }
    int answer(const std::string& text) { return send(true, text); }
    int get() { return ask("GET / HTTP/1.1\r\nHost: a\r\n\r\n"); }
};

inline const std::string body(1000, 'x');
inline constexpr int skipped = -1;

inline int size_of(const std::string& text) { return static_cast<int>(text.size()); }

}  // namespace podsnoop
