// Exchanges under way: each connection's requests in order, and all that wait for an answer by age.
#pragma once

#include <cstdint>
#include <optional>

#include "base/pool.hpp"
#include "event/exchange.hpp"
#include "event/ledger.hpp"
#include "http/sink.hpp"
#include "reassemble/sink.hpp"

namespace podsnoop {

/// One exchange under way.
struct Pending {
    using Index = Pool<Pending>::Index;
    static constexpr Index none = Pool<Pending>::none;

    Exchange exchange;
    Time request_first, request_last, response_first, response_last;  ///< valid as far as seen
    std::uint32_t ack = 0;  ///< what the request's first segment acknowledged: where its response can start
    bool has_ack = false;
    bool first_of_ack = false;  ///< no request before it acknowledged the same: a response starting there is its
    bool after_gap = false;     ///< requests before it were lost, or found no room
    bool request_done = false, response_done = false;
    bool expects_continue = false;  ///< it sends its body only after an interim response, or after a while
    bool told = false;                 ///< already printed (timeout); kept so that its late answer finds its place
    std::optional<ExchangeEnd> fault;  ///< why it will not be complete, though its answer may still come
    ConnectionId connection = 0;
    Index next = none;                 ///< in the connection's queue
    Index older = none, newer = none;  ///< among those that wait
    bool waiting = false;              ///< no byte of the final response yet
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
    [[nodiscard]] Index oldest_waiting() const { return oldest_; }
    [[nodiscard]] Index next_waiting(Index index) { return pool_[index].newer; }

    /// Prints it, unless it was, and counts it.
    void tell(Index index, ExchangeEnd end);
    void release(Index index);

  private:
    Pool<Pending> pool_;
    Index oldest_ = none, newest_ = none;
    ExchangeSink& sink_;
    Ledger& ledger_;
};

}  // namespace podsnoop
