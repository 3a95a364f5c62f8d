// Exchanges under way: each connection's requests in order, and all that wait for an answer by age.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/pool.hpp"
#include "event/exchange.hpp"
#include "event/ledger.hpp"
#include "http/head.hpp"
#include "http/sink.hpp"
#include "reassemble/sink.hpp"

namespace podsnoop {

/// What a user asked for of a message beyond what is told of all.
struct AskedOfMessage {
    std::vector<Header> headers;
    std::string body_preview;
};

/// One message of an exchange under way.
struct PendingMessage {
    bool seen = false;  ///< false: nothing else here means anything
    bool done = false;
    std::uint8_t version_minor = 1;
    std::uint32_t head_identity = 0;  ///< as in Message
    std::uint64_t head_bytes = 0, body_bytes = 0;  ///< as in Message
    Time first, last;                              ///< of its bytes, as far as seen
    std::unique_ptr<AskedOfMessage> asked;         ///< null where nothing was asked for
};

/// What was asked for of a message, made where there is none yet.
inline AskedOfMessage& asked_of(PendingMessage& message) {
    if (!message.asked) message.asked = std::make_unique<AskedOfMessage>();
    return *message.asked;
}

/// One exchange under way: what its record will be made of, in a third of the memory that the record takes.
struct Pending {
    using Index = Pool<Pending>::Index;
    static constexpr Index none = Pool<Pending>::none;

    PendingMessage request, response;
    std::string texts;  ///< the request's method, target and host, one behind the other
    std::uint32_t method_length = 0, target_length = 0;
    std::optional<Nanoseconds> connect;  ///< as in Latency
    std::uint32_t seq = 0;  ///< the request's first byte
    std::uint32_t ack = 0;  ///< what the request's first segment acknowledged: where its response can start
    std::uint16_t status = 0;  ///< the response's
    std::uint8_t flags = 0;    ///< ExchangeFlag bits
    bool has_host = false;
    bool has_ack = false;
    bool after_gap = false;  ///< requests may have been lost right before it
    bool after_lost = false; ///< and one was, which was not answered yet
    bool expects_continue = false;  ///< it sends its body only after an interim response, or after a while
    bool told = false;                 ///< already printed (timeout); kept so that its late answer finds its place
    std::optional<ExchangeEnd> fault;  ///< why it will not be complete, though its answer may still come
    enum class Line : std::uint8_t {
        none,
        waiting,    ///< no byte of the final response yet
        late,       ///< nor will it be told any more: it was, as timeout
        answering,  ///< its response is under way
    } line = Line::none;
    ConnectionId connection = 0;
    Index next = none;                 ///< in the connection's queue
    Index older = none, newer = none;  ///< in its list by age
    std::uint32_t text_bytes = 0;      ///< what its texts were counted as

    /// Takes what a request's head says.
    void set_request(const Head& head);
    /// Takes what a response's head says.
    void set_response(const Head& head);
    [[nodiscard]] std::string_view method() const { return std::string_view(texts).substr(0, method_length); }
};

/// A connection's requests whose responses are not complete, oldest first (RFC 9112 9.3.2: answers come in
/// the order of the requests).
struct RequestQueue {
    Pending::Index front = Pending::none, back = Pending::none;
    std::uint32_t length = 0;
};

class PendingExchanges {
  public:
    using Index = Pending::Index;
    static constexpr Index none = Pending::none;

    /// The sink and the ledger must outlive it.
    PendingExchanges(ExchangeSink& sink, Ledger& ledger, std::size_t limit) : pool_(limit), sink_(sink), ledger_(ledger) {}

    Pending& operator[](Index index) { return pool_[index]; }

    /// A fresh exchange, or none at the limit.
    Index take(ConnectionId connection);
    /// Puts a request at the end of its connection's queue, and among those that wait.
    void push(RequestQueue& queue, Index index);
    /// Takes it out of the queue, wherever it stands; nothing if it is not in it.
    void remove(RequestQueue& queue, Index index);
    /// It waits no longer: its response began.
    void answered(Index index);
    /// The one that waits longest; none if none does.
    [[nodiscard]] Index oldest_waiting() const { return lists_[0].oldest; }
    [[nodiscard]] Index next_waiting(Index index) { return pool_[index].newer; }
    /// The first to do without where there is no room: one that was told, else the one that waits longest, else the
    /// one that has been answered for longest.
    [[nodiscard]] Index most_dispensable() const;

    /// Counts the texts of an exchange (target, host, header fields, previews) after they changed.
    void count_texts(Index index);
    /// What the texts of all exchanges take, in bytes.
    [[nodiscard]] std::size_t text_bytes() const { return text_bytes_; }

    /// Prints it, unless it was, and counts it. `info` is of its connection.
    void tell(Index index, const ConnectionInfo& info, ExchangeEnd end);
    /// Tells a waiting one, and keeps it for its late answer.
    void tell_late(Index index, const ConnectionInfo& info, ExchangeEnd end);
    void release(Index index);

  private:
    struct AgeList {
        Index oldest = none, newest = none;
    };
    // Each part of the one function that calls it for each exchange; a call would cost (tests/bench/README.md).
    [[gnu::always_inline]] void make_record(Pending& pending, const ConnectionInfo& info);
    [[gnu::always_inline]] void set_ends(const ConnectionInfo& info);
    AgeList& list_of(Pending::Line line) { return lists_[static_cast<std::size_t>(line) - 1]; }
    void enter(Index index, Pending::Line line);
    void leave(Index index);

    Pool<Pending> pool_;
    AgeList lists_[3];  // by Pending::Line, from waiting on
    std::size_t text_bytes_ = 0;
    ExchangeSink& sink_;
    Ledger& ledger_;
    Exchange record_;  // the one being told; its strings keep their memory
};

}  // namespace podsnoop
