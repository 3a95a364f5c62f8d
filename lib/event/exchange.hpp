// One HTTP exchange: a request and its response, or the half of it that was seen.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "event/network_record.hpp"

namespace podsnoop {

/// How an exchange ended. All but `complete` are "unanswered" in the ledger.
enum class ExchangeEnd : std::uint8_t {
    complete,     ///< both messages ended as their framing says
    reset,        ///< RST
    closed,       ///< FIN before the message ended
    timeout,      ///< no answer within the time set
    gap,          ///< bytes missing where they were needed
    upgraded,     ///< 101 or a 2xx to CONNECT: the stream is no longer HTTP
    capture_end,  ///< tracing or the file ended first
    evicted,      ///< one of our limits
};
inline constexpr std::size_t exchange_end_count = 8;
std::string_view name_of(ExchangeEnd end);  ///< as in the JSON: "capture-end"

/// What else there is to know of an exchange, as bits.
enum ExchangeFlag : std::uint8_t {
    flag_midstream = 1,        ///< the connection was open before tracing
    flag_pipelined = 2,        ///< sent while an earlier request was unanswered
    flag_early = 4,            ///< the response started before the request ended
    flag_body_gap = 8,         ///< body bytes were not seen; the length is from the header
    flag_retransmit = 16,      ///< a segment of it was sent more than once
    flag_truncated_head = 32,  ///< part of a head was not seen or not kept
};
inline constexpr std::size_t exchange_flag_count = 6;
std::string_view name_of(ExchangeFlag flag);  ///< of one bit, as in the JSON: "body-gap"

/// A header the user asked for (`--headers`), as it was on the wire, secrets already masked.
struct Header {
    std::string name, value;
};

/// What requests and responses have in common. Sizes in bytes.
struct Message {
    bool seen = false;  ///< false: this half was never seen, and nothing else here means anything
    std::uint8_t version_minor = 1;  ///< HTTP/1.x
    std::uint32_t head_identity = 0;  ///< what is told of heads with the same one is the same; 0: nothing is said of that
    std::uint64_t head_bytes = 0;    ///< start line and header section with the empty line that ends it
    std::uint64_t body_bytes = 0;    ///< after transfer decoding, before content decoding
    std::vector<Header> headers;     ///< only those asked for
    std::string body_preview;        ///< at most `--body N` bytes, as they were sent
};

struct Request : Message {
    std::string method;
    std::string target;
    std::optional<std::string> host;  ///< Host, or the authority of an absolute target
};

struct Response : Message {
    std::uint16_t status = 0;
};

/// The phases of an exchange; nothing where the bytes that bound it were not seen.
struct Latency {
    std::optional<Nanoseconds> connect;   ///< SYN to the client's final ACK; a connection's first exchange only
    std::optional<Nanoseconds> request;   ///< first to last byte of the request
    std::optional<Nanoseconds> wait;      ///< last request byte to first byte of the final response
    std::optional<Nanoseconds> response;  ///< first to last byte of the final response
    std::optional<Nanoseconds> total;     ///< first request byte to last response byte
};

/// Its `time` is that of the request's first byte; of the response's where the request was not seen.
struct Exchange : NetworkRecord {
    Request request;
    Response response;
    Latency latency;
    ExchangeEnd end = ExchangeEnd::complete;
    std::uint8_t flags = 0;  ///< ExchangeFlag bits
};

}  // namespace podsnoop
