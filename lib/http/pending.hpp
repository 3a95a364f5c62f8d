// Exchanges under way: each connection's requests in order, and all that wait for an answer by age.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/pool.hpp"
#include "event/exchange.hpp"
#include "event/ledger.hpp"
#include "http/head.hpp"
#include "http/shared_texts.hpp"
#include "http/sink.hpp"
#include "reassemble/sink.hpp"

namespace podsnoop {

/// What a user asked for of an exchange beyond what is told of all.
struct AskedOfMessage {
    std::vector<Header> headers;
    std::string body_preview;
};
struct AskedOfExchange {
    AskedOfMessage request, response;
    std::uint32_t text_bytes = 0;  ///< what its texts were counted as
};

/// One message of an exchange under way.
struct PendingMessage {
    static constexpr std::uint64_t longest_body = (std::uint64_t{1} << 56) - 1;

    Time first, last;                   ///< of its bytes, as far as seen
    std::uint64_t body_bytes : 56 = 0;  ///< as in Message; a body that is said to be longer than 64 PiB is told as one of so much
    std::uint8_t version_minor : 4 = 1;
    bool seen : 1 = false;  ///< false: nothing else here means anything
    bool done : 1 = false;
};
struct PendingResponse : PendingMessage {
    std::uint32_t head_bytes = 0;  ///< as in Message; a head of 4 GiB or more is told as one of 4 GiB
    std::uint32_t head_identity = 0;  ///< as in Message
    std::uint16_t status = 0;
};

/// One exchange under way: what its record will be made of, in an eighth of the memory that the record takes.
struct Pending {
    using Index = Pool<Pending>::Index;
    static constexpr Index none = Pool<Pending>::none;

    PendingMessage request;
    SharedTextsTable::Index texts = SharedTextsTable::none;  ///< there where the request was seen
    std::uint32_t number = 0;  ///< of the requests in the connection's queue; the next has the next
    std::uint32_t seq = 0;  ///< the request's first byte
    std::uint32_t ack = 0;  ///< what the request's first segment acknowledged: where its response can start
    ConnectionId connection = 0;
    Index response = none;  ///< what is known of it; none until it begins
    Index next = none;  ///< in the connection's queue
    Index older = none, newer = none;  ///< in its list by age
    std::uint8_t flags = 0;  ///< ExchangeFlag bits
    ExchangeEnd fault = ExchangeEnd::complete;  ///< why it will not be complete, though its answer may still come
    enum class Line : std::uint8_t {
        none,
        waiting,  ///< no byte of the final response yet
        late,  ///< nor will it be told any more: it was, as timeout
        answering,  ///< its response is under way
    };
    Line line : 2 = Line::none;
    bool has_ack : 1 = false;
    bool after_gap : 1 = false;  ///< requests may have been lost right before it
    bool after_lost : 1 = false;  ///< and one was, which was not answered yet
    bool expects_continue : 1 = false;  ///< it sends its body only after an interim response, or after a while
    bool tells_connect : 1 = false;  ///< it is the connection's first: the handshake is told with it
    bool told : 1 = false;  ///< already printed (timeout); kept so that its late answer finds its place
};

static_assert(sizeof(Pending) <= 64, "65,536 of them take 4 MiB");

/// A connection's requests whose responses are not complete, oldest first (RFC 9112 9.3.2: answers come in
/// the order of the requests).
struct RequestQueue {
    Pending::Index front = Pending::none, back = Pending::none;
};

class PendingExchanges {
  public:
    using Index = Pending::Index;
    static constexpr Index none = Pending::none;

    /// The sink and the ledger must outlive it.
    PendingExchanges(ExchangeSink& sink, Ledger& ledger, std::size_t limit)
        : pool_(limit), responses_(limit), texts_(limit), sink_(sink), ledger_(ledger) {}

    Pending& operator[](Index index) { return pool_[index]; }

    /// A fresh exchange, or none at the limit.
    Index take(ConnectionId connection);
    /// Takes what a request's head says, of which the first byte came at `first`. The head took so many bytes.
    void set_request(Pending& pending, const Head& head, Time first, std::uint64_t head_bytes);
    /// The same of a response, which begins with its head.
    PendingResponse& set_response(Pending& pending, const Head& head, Time first, std::uint64_t head_bytes);
    /// What is known of its response; null until it begins.
    [[nodiscard]] PendingResponse* response_of(const Pending& pending) {
        return pending.response != none ? &responses_[pending.response] : nullptr;
    }
    /// Where its request was seen.
    [[nodiscard]] std::string_view method_of(const Pending& pending) const { return texts_[pending.texts].texts.method(); }
    /// What was asked for of an exchange, made where there is none yet.
    [[nodiscard]] AskedOfExchange& asked_of(Index index);
    /// Puts a request at the end of its connection's queue, and among those that wait.
    void push(RequestQueue& queue, Index index);
    /// How many requests there are in a queue.
    [[nodiscard]] std::size_t length_of(const RequestQueue& queue) const {
        return queue.front == none ? 0 : pool_[queue.back].number - pool_[queue.front].number + 1;
    }
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

    /// Counts what was asked for of an exchange (header fields, previews) after it changed.
    void count_asked(Index index);
    /// What the texts of all exchanges take, in bytes.
    [[nodiscard]] std::size_t text_bytes() const { return texts_.bytes() + asked_bytes_; }

    /// Prints it, unless it was, and counts it. `info` is of its connection, `connect` what its handshake took.
    void tell(Index index, const ConnectionInfo& info, Nanoseconds connect, ExchangeEnd end);
    /// Tells a waiting one, and keeps it for its late answer.
    void tell_late(Index index, const ConnectionInfo& info, Nanoseconds connect, ExchangeEnd end);
    void release(Index index);

  private:
    struct AgeList {
        Index oldest = none, newest = none;
    };
    // Each part of the one function that calls it for each exchange; a call would cost (tests/bench/README.md).
    [[gnu::always_inline]] void make_record(const Pending& pending, const ConnectionInfo& info, Nanoseconds connect);
    [[gnu::always_inline]] void set_ends(const ConnectionInfo& info);
    /// Null where nothing was asked for.
    [[nodiscard]] AskedOfExchange* known_of(Index index) const { return index < asked_.size() ? asked_[index].get() : nullptr; }
    AgeList& list_of(Pending::Line line) { return lists_[static_cast<std::size_t>(line) - 1]; }
    void enter(Index index, Pending::Line line);
    void leave(Index index);

    Pool<Pending> pool_;
    Pool<PendingResponse> responses_;  // that began
    SharedTextsTable texts_;
    std::vector<std::unique_ptr<AskedOfExchange>> asked_;  // by index, as far as anything was asked for
    AgeList lists_[3];  // by Pending::Line, from waiting on
    std::size_t asked_bytes_ = 0;
    ExchangeSink& sink_;
    Ledger& ledger_;
    Exchange record_;  // the one being told; its strings keep their memory
};

}  // namespace podsnoop
