// From streams to exchanges: recognises HTTP/1.x, follows its framing in both directions, and gives each
// request the response that answers it.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <optional>

#include "base/pool.hpp"
#include "event/ledger.hpp"
#include "http/framer.hpp"
#include "http/options.hpp"
#include "http/pending.hpp"
#include "http/sink.hpp"
#include "http/start_line.hpp"
#include "reassemble/sink.hpp"

namespace podsnoop {

/// Pairing is by order: a connection's requests wait in a queue, and a response answers the one in front.
/// Where order is not known (the connection was open before, or bytes were lost), a response answers the
/// request that was sent when everything before this very byte had been received, and no other; and where
/// another request may have been sent just then and lost, nobody is told as answered.
class HttpTracer : public StreamSink {
  public:
    /// The sink and the ledger must outlive the tracer.
    HttpTracer(ExchangeSink& sink, Ledger& ledger, HttpOptions options);

    void opened(ConnectionId id, const ConnectionInfo& info, const Connections& connections) override;
    void connected(ConnectionId id, Nanoseconds connect) override;
    void data(ConnectionId id, Direction direction, const Chunk& chunk) override;
    void missing(ConnectionId id, Direction direction, std::uint32_t length, Missing why, Time time) override;
    void retransmitted(ConnectionId id, Direction direction) override;
    void half_closed(ConnectionId id, Direction direction, Time time) override;
    void closed(ConnectionId id, Close how, Time time) override;
    [[nodiscard]] std::uint64_t skippable(ConnectionId id, Direction direction) const override;
    [[nodiscard]] bool is_ignored(ConnectionId id) const override { return conversations_[id].mode == Mode::ignored; }

    /// Tells the requests without an answer for too long. Call it now and then with the present time.
    void advance(Time now);

  private:
    using Index = Pending::Index;
    static constexpr Index none = Pending::none, no_reading = (1 << 28) - 1;

    enum class Mode : std::uint8_t {
        undecided,  ///< no message seen yet
        http,
        tunnel,     ///< after 101 or CONNECT: bytes are counted
        ignored,    ///< not HTTP
    };

    /// A message that is being read.
    struct Reading {
        Framer framer;
        Time first;
        std::uint32_t seq = 0;        ///< its first byte
        std::uint32_t ack = 0;        ///< what that byte's segment acknowledged
        std::uint32_t prior_ack = 0;  ///< what the segment acknowledged that ended where the message starts
        std::uint32_t hint_end = 0;
        std::uint32_t head_bytes = 0;  ///< of partial_head_bytes_, what its unfinished head takes
        bool has_ack : 1 = false;
        bool has_prior_ack : 1 = false;
        bool hinted : 1 = false;     ///< the capture was told of its body, up to hint_end
        bool body_seen : 1 = false;  ///< body bytes came after those beside the head
    };

    /// One direction of a connection. Between two messages, where most are at any time, there is nothing to be read.
    struct Half {
        Index reading : 28 = no_reading;  ///< in readings_
        bool has_last_ack : 1 = false;
        bool framed : 1 = false;         ///< a message was seen
        bool lost : 1 = false;           ///< framing is lost: messages are skipped until a safe place
        bool body_optional : 1 = false;  ///< the request was answered before it sent its body, and may leave it out
        std::uint32_t last_ack = 0;      ///< what the last segment acknowledged; valid where has_last_ack
    };

    /// 18 minutes: of no handshake, unless a clock is set in the middle of it. So long ones are beside the conversations.
    static constexpr std::int64_t longest_connect = (std::int64_t{1} << 40) - 1;

    struct Conversation {
        std::uint64_t connect : 40 = 0;  ///< the handshake took so long, in nanoseconds; or longest_connect
        Mode mode : 2 = Mode::undecided;
        bool midstream : 1 = false;     ///< as in ConnectionInfo, which says who they are
        bool client_known : 1 = false;  ///< the same, or by what was said
        Direction client : 1 = 0;       ///< likewise
        bool uncertain : 1 = false;     ///< answers may have been lost: pair by place, not by order
        bool request_gap : 1 = false;   ///< requests may have been lost since the last in the queue
        bool request_lost : 1 = false;  ///< and one was, which was not answered yet
        bool joined : 1 = false;        ///< its first bytes were not seen
        bool told_other : 1 = false;    ///< counted as not HTTP
        bool connect_due : 1 = false;   ///< `connect` is known, and of no request yet
        std::uint8_t misses : 5 = 0;    ///< segments that start no message, while undecided
        Half halves[2];
        RequestQueue queue;
        Index request_now = none;   ///< its body is under way
        Index response_now = none;  ///< the exchange whose response is under way
    };
    static_assert(sizeof(Conversation) <= 40, "65,536 of them take 2.5 MiB");

    /// Valid until it is asked for again.
    [[nodiscard]] const ConnectionInfo& info_of(const Conversation& conversation, ConnectionId id) {
        info_.midstream = conversation.midstream;
        info_.client_known = conversation.client_known;
        info_.client = conversation.client;
        connections_->identify(id, info_);
        return info_;
    }
    [[nodiscard]] Nanoseconds connect_of(const Conversation& conversation, ConnectionId id) const {
        if (conversation.connect == longest_connect) [[unlikely]]
            return slow_connects_.at(id);
        return Nanoseconds{static_cast<std::int64_t>(conversation.connect)};
    }

    // Part of the one function that calls it for each chunk; a call would cost (tests/bench/README.md).
    [[gnu::always_inline]] void feed(Conversation& conversation, Direction direction, Reading& reading, const Chunk& chunk);
    [[nodiscard]] bool is_overdue(const Pending& pending, Time now) const;
    /// What a step of the framer means. False: the rest of the chunk is not for the framer.
    [[gnu::always_inline]] bool handle(Conversation& conversation, Direction direction, Reading& reading,
                                       const Framer::Step& step, const Chunk& chunk, std::uint32_t offset);
    [[gnu::always_inline]] static void message_starts(const Half& half, Reading& reading, const Chunk& chunk,
                                                      std::uint32_t offset);
    bool head(Conversation& conversation, Direction direction, Reading& reading, Bytes bytes, Time time);
    bool become_http(Conversation& conversation, bool by_request);
    void request_head(Conversation& conversation, const Reading& reading, const Head& head, std::string_view text);
    bool response_head(Conversation& conversation, Reading& reading, const Head& head, std::string_view text, Time time);
    void content(Conversation& conversation, Direction direction, Bytes bytes, Time time);
    void message_end(Conversation& conversation, Direction direction, Time time);
    void hint_ignored(const Conversation& conversation, FlowHint::Kind why);
    void hint_body(Conversation& conversation, Direction direction, Reading& reading, const Chunk& chunk);

    /// The message that a direction is in the middle of; null where it is between two.
    [[nodiscard]] Reading* reading_of(const Half& half) {
        return half.reading != no_reading ? &readings_[half.reading] : nullptr;
    }
    [[nodiscard]] const Reading* reading_of(const Half& half) const {
        return half.reading != no_reading ? &readings_[half.reading] : nullptr;
    }
    void settle(Half& half);
    void restart(Half& half);

    Index take_pending(Conversation& conversation);
    void evict(Index index);
    void bound_texts(Index newest);
    void drop_passed(Conversation& conversation, std::uint32_t seq);
    Index find_answered(Conversation& conversation, const Reading& reading);
    bool is_answered_here(const Conversation& conversation, Index index, const Reading& reading);
    void note_orphan(Conversation& conversation);
    void tell_late(Index index);
    bool starts_answer(Conversation& conversation, const Chunk& chunk);
    [[gnu::always_inline]] static bool is_possible(const Conversation& conversation, Direction direction, const Head& head);
    void not_message(Conversation& conversation, Direction direction, Bytes bytes, Time time);
    void lose_place(Conversation& conversation, Direction direction, Time time, bool truncated);
    void salvage_head(Conversation& conversation, Direction direction, const Reading& reading, Time time, bool truncated);
    bool may_resume(Conversation& conversation, Direction direction, const Chunk& chunk);
    void bound_partial_heads(Conversation& conversation, Direction direction, Time time);
    void account_head(Reading& reading);
    void finish_request(Conversation& conversation, ExchangeEnd fault);
    void end_exchange(Conversation& conversation, Index index, ExchangeEnd end);
    void end_queue(Conversation& conversation, ExchangeEnd end);
    static bool is_client(const Conversation& c, Direction direction) { return c.client_known && c.client == direction; }

    PendingExchanges pending_;
    ExchangeSink& sink_;
    Ledger& ledger_;
    HttpOptions options_;
    const Connections* connections_ = nullptr;  // there are none before the first is opened
    std::map<ConnectionId, Nanoseconds> slow_connects_;
    ConnectionInfo info_;                       // of the one that was asked for last
    ConnectionId told_of_ = 0;                  // the one that the reassembler tells of, from all calls but advance()
    Pool<Conversation> conversations_{std::numeric_limits<std::size_t>::max()};  // by ConnectionId, none is ever given back
    // Of messages that are not over with their segment. The first is for the segment at hand, where a message mostly ends.
    Pool<Reading> readings_{std::numeric_limits<std::size_t>::max()};
    const Index at_hand_ = readings_.take();
    HeadReader heads_;
    std::size_t partial_head_bytes_ = 0;
};

/// Whether a head can be what it seems to be.
inline bool HttpTracer::is_possible(const Conversation& conversation, Direction direction, const Head& head) {
    if (conversation.client_known && head.is_request != is_client(conversation, direction)) return false;
    // The first bytes seen of a connection can be the rest of a method, or of what came before it.
    const bool first = conversation.joined && !conversation.halves[direction].framed;
    return !first || !head.is_request || is_registered_method(head.start.method);
}

}  // namespace podsnoop
