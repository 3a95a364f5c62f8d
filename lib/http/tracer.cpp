#include "http/tracer.hpp"

#include <algorithm>
#include <memory>
#include <utility>

#include "base/letters.hpp"
#include "http/fields.hpp"
#include "http/start_line.hpp"
#include "reassemble/stream.hpp"

namespace podsnoop {

namespace {

constexpr std::uint64_t worth_a_hint = 256 << 10;  // bytes of body still to come

/// How it ends, where it may be known already that it will not be complete.
ExchangeEnd end_or_fault(const Pending& pending, ExchangeEnd end) {
    return pending.fault != ExchangeEnd::complete ? pending.fault : end;
}

}  // namespace

HttpTracer::HttpTracer(ExchangeSink& sink, Ledger& ledger, HttpOptions options)
    : pending_(sink, ledger, options.exchanges), sink_(sink), ledger_(ledger), options_(std::move(options)) {}

void HttpTracer::opened(ConnectionId id, const ConnectionInfo& info, const Connections& connections) {
    connections_ = &connections;
    while (id >= conversations_.made()) static_cast<void>(conversations_.take());
    Conversation& conversation = conversations_[id];
    conversation = Conversation{};
    conversation.midstream = info.midstream;
    conversation.client_known = info.client_known;
    conversation.client = info.client & 1;
    conversation.uncertain = conversation.request_gap = conversation.joined = info.midstream;
}

void HttpTracer::connected(ConnectionId id, Nanoseconds connect) {
    Conversation& conversation = conversations_[id];
    const std::int64_t took = std::max<std::int64_t>(connect.count(), 0);
    if (took >= longest_connect) slow_connects_[id] = connect;
    conversation.connect = static_cast<std::uint64_t>(std::min(took, longest_connect)) & longest_connect;
    conversation.connect_due = true;
}

inline void HttpTracer::message_starts(const Half& half, Reading& reading, const Chunk& chunk, std::uint32_t offset) {
    reading.first = chunk.time;
    reading.seq = chunk.seq + offset;
    reading.ack = chunk.ack;
    reading.has_ack = chunk.has_ack;
    reading.prior_ack = offset == 0 ? half.last_ack : chunk.ack;
    reading.has_prior_ack = offset == 0 ? half.has_last_ack : chunk.has_ack;
    reading.hinted = reading.body_seen = false;
}

inline bool HttpTracer::handle(Conversation& conversation, Direction direction, Reading& reading, const Framer::Step& step,
                               const Chunk& chunk, std::uint32_t offset) {
    const Half& half = conversation.halves[direction];
    switch (step.event) {
        case Framer::Event::more: break;
        case Framer::Event::start:
            message_starts(half, reading, chunk, offset + static_cast<std::uint32_t>(step.consumed));
            break;
        case Framer::Event::head:
            if (step.started)
                message_starts(half, reading, chunk, offset + static_cast<std::uint32_t>(step.consumed - step.bytes.size()));
            return head(conversation, direction, reading, step.bytes, chunk.time);
        case Framer::Event::content: content(conversation, direction, step.bytes, chunk.time); break;
        case Framer::Event::broken: lose_place(conversation, direction, chunk.time, false); return false;
        case Framer::Event::not_message: return false;
    }
    if (step.ended) message_end(conversation, direction, chunk.time);
    return true;
}

inline void HttpTracer::feed(Conversation& conversation, Direction direction, Reading& reading, const Chunk& chunk) {
    Half& half = conversation.halves[direction];
    if (half.lost && !may_resume(conversation, direction, chunk)) return;
    // With 100-continue, a request that got a final answer need not send its body (RFC 9110 10.1.1).
    const bool body_optional = half.body_optional;
    half.body_optional = false;
    if (body_optional && reading.framer.in_body() && classify_start(chunk.bytes) == StartLine::request) {
        reading.framer.restart();
        // Its record may have been told meanwhile: as upgraded, or because bytes of its answer were lost.
        if (const Index index = conversation.request_now; index != none)
            message_end(conversation, direction, pending_[index].request.last);
    }
    // What answers a request that was not seen may be one to HEAD, and its length that of no body.
    const Index answering = conversation.response_now;
    const bool unknown = !is_client(conversation, direction) && (answering == none || !pending_[answering].request.seen);
    if (reading.framer.in_body() && unknown && starts_answer(conversation, chunk)) {
        reading.framer.restart();
        message_end(conversation, direction, reading.first);
    }
    Bytes rest = chunk.bytes;
    while (!rest.empty()) {
        if (conversation.mode == Mode::ignored) return;
        if (conversation.mode == Mode::tunnel) {
            ledger_.tunnel_bytes += rest.size();
            return;
        }
        const auto offset = static_cast<std::uint32_t>(chunk.bytes.size() - rest.size());
        const Framer::Step step = reading.framer.step(rest, heads_);
        if (step.event == Framer::Event::not_message) {
            not_message(conversation, direction, rest, chunk.time);
            return;
        }
        if (!handle(conversation, direction, reading, step, chunk, offset)) return;
        rest = rest.subspan(step.consumed);
    }
}

void HttpTracer::data(ConnectionId id, Direction direction, const Chunk& chunk) {
    told_of_ = id;
    Conversation& conversation = conversations_[id];
    Half& half = conversation.halves[direction];
    if (half.reading == no_reading) half.reading = at_hand_ & no_reading;
    Reading& reading = readings_[half.reading];
    feed(conversation, direction, reading, chunk);
    half.last_ack = chunk.ack;
    half.has_last_ack = chunk.has_ack;
    if (reading.framer.memory() != 0) bound_partial_heads(conversation, direction, chunk.time);
    if (chunk.length > chunk.bytes.size())
        missing(id, direction, static_cast<std::uint32_t>(chunk.length - chunk.bytes.size()), Missing::skipped, chunk.time);
    else if (reading.framer.in_body()) hint_body(conversation, direction, reading, chunk);
    if (half.reading == at_hand_ && reading.framer.between_messages()) half.reading = no_reading;
    else settle(half);
}

/// After a step in a direction: a message that goes on is kept, what was kept of one that is over is given back.
void HttpTracer::settle(Half& half) {
    Reading* reading = reading_of(half);
    if (reading == nullptr) return;
    account_head(*reading);
    if (reading->framer.between_messages()) {
        if (half.reading != at_hand_) readings_.give_back(half.reading);
        half.reading = no_reading;
    } else if (half.reading == at_hand_) {
        half.reading = readings_.take() & no_reading;
        readings_[half.reading] = std::exchange(*reading, Reading{});
    }
}

/// Forgets the message that a direction is in the middle of.
void HttpTracer::restart(Half& half) {
    if (Reading* reading = reading_of(half)) reading->framer.restart();
    settle(half);
}

/// The last that `heads_` read was read from `bytes`.
bool HttpTracer::head(Conversation& conversation, Direction direction, Reading& reading, Bytes bytes, Time time) {
    const Head& head = heads_.head();
    if (!is_possible(conversation, direction, head)) {
        not_message(conversation, direction, bytes, time);
        return false;
    }
    if (!conversation.client_known) {
        conversation.client_known = true;
        conversation.client = (head.is_request ? direction : other(direction)) & 1;
    }
    conversation.halves[direction].framed = true;
    if (conversation.mode != Mode::http && !become_http(conversation, head.is_request)) return false;
    if (!head.is_request) return response_head(conversation, reading, head, as_text(bytes), time);
    request_head(conversation, reading, head, as_text(bytes));
    if (conversation.request_now != none) pending_[conversation.request_now].request.last = time;
    if (reading.framer.begin_body(request_framing(head))) message_end(conversation, direction, time);
    return true;
}

/// The first message of a connection shows what it speaks. If that is a response, what was lost of the requests
/// before counts from now on. False where its exchanges are told from elsewhere.
bool HttpTracer::become_http(Conversation& conversation, bool by_request) {
    if (conversation.mode == Mode::undecided) {
        if (!sink_.wants(info_of(conversation, told_of_))) {
            conversation.mode = Mode::ignored;
            ++ledger_.connections_elsewhere;
            hint_ignored(conversation, FlowHint::Kind::elsewhere);
            return false;
        }
        sink_.begins(info_of(conversation, told_of_));
    }
    if (conversation.mode == Mode::undecided && conversation.request_gap && !by_request) {
        Half& requests = conversation.halves[conversation.client];
        requests.lost = true;
        restart(requests);
    }
    conversation.mode = Mode::http;
    return true;
}

void HttpTracer::request_head(Conversation& conversation, const Reading& reading, const Head& head, std::string_view text) {
    const Index index = take_pending(conversation);
    conversation.request_now = index;
    ++ledger_.requests_seen;
    if (index == none) {
        // No room, though every older exchange is being answered: it is counted, and later ones find their place.
        ++ledger_.requests_by_end[static_cast<std::size_t>(ExchangeEnd::evicted)];
        conversation.request_gap = conversation.request_lost = true;
        return;
    }
    Pending& pending = pending_[index];
    pending_.set_request(pending, head, reading.first, reading.framer.head_length());
    if (!options_.headers.empty()) copy_headers(pending_.asked_of(index).request.headers, text, options_);
    if (reading.framer.head_truncated()) pending.flags |= flag_truncated_head;
    if (conversation.queue.front != none) pending.flags |= flag_pipelined;
    pending.seq = reading.seq;
    pending.ack = reading.ack;
    pending.has_ack = reading.has_ack;
    pending.tells_connect = conversation.connect_due;
    pending.after_gap = conversation.request_gap;
    pending.after_lost = conversation.request_lost;
    conversation.connect_due = conversation.request_gap = conversation.request_lost = false;
    if (head.expects_continue) pending.expects_continue = true;
    pending_.push(conversation.queue, index);
    if (pending_.text_bytes() > options_.exchange_text_bytes || !options_.headers.empty()) [[unlikely]]
        bound_texts(index);
}

bool HttpTracer::response_head(Conversation& conversation, Reading& reading, const Head& head, std::string_view text, Time time) {
    const Direction server = other(conversation.client);
    if (head.start.status < 200 && head.start.status != 101) {  // an interim response ends no exchange (RFC 9110 15.2)
        find_answered(conversation, reading);  // it shows whose answer comes
        reading.framer.begin_body({});
        return true;
    }
    Index index = find_answered(conversation, reading);
    if (index == none) {
        // It may be the answer to the request whose head is under way: that one must not take the next answer.
        const Reading* request = reading_of(conversation.halves[conversation.client]);
        if (request != nullptr && request->framer.in_head()) conversation.uncertain = true;
        note_orphan(conversation);
        index = take_pending(conversation);
        if (index == none) ++ledger_.responses_orphan;
    }
    conversation.response_now = index;
    std::string_view method;
    if (index != none) {
        Pending& pending = pending_[index];
        // Whether or not the present was moved on to this time (advance): an answer's own says how late it is.
        if (is_overdue(pending, reading.first)) tell_late(index);
        pending_.answered(index);
        pending_.set_response(pending, head, reading.first, reading.framer.head_length());
        if (!options_.headers.empty()) {
            copy_headers(pending_.asked_of(index).response.headers, text, options_);
            bound_texts(index);
        }
        if (reading.framer.head_truncated()) pending.flags |= flag_truncated_head;
        if (pending.request.seen && !pending.request.done) {
            pending.flags |= flag_early;
            conversation.halves[conversation.client].body_optional = pending.expects_continue && pending.request.body_bytes == 0;
        }
        if (pending.request.seen) method = pending_.method_of(pending);
    }
    const BodyFraming framing = response_framing(head, method);
    if (framing.kind == BodyFraming::Kind::tunnel) {
        if (index != none) {
            PendingMessage& response = *pending_.response_of(pending_[index]);
            response.done = true;
            response.last = time;
            end_exchange(conversation, index, ExchangeEnd::upgraded);
        }
        end_queue(conversation, ExchangeEnd::upgraded);
        ++ledger_.tunnels;
        if (same_letters(head.upgrade, "websocket")) ++ledger_.tunnels_websocket;
        conversation.mode = Mode::tunnel;
        for (Half& each : conversation.halves) restart(each);  // `head` may lie in one of them
        return true;
    }
    if (reading.framer.begin_body(framing)) message_end(conversation, server, time);
    return true;
}

void HttpTracer::content(Conversation& conversation, Direction direction, Bytes bytes, Time time) {
    const bool request = is_client(conversation, direction);
    const Index index = request ? conversation.request_now : conversation.response_now;
    if (index == none) return;
    Pending& pending = pending_[index];
    PendingMessage& message = request ? pending.request : *pending_.response_of(pending);
    message.last = time;
    message.body_bytes = (message.body_bytes + bytes.size()) & PendingMessage::longest_body;
    if (options_.body_preview == 0) return;
    AskedOfExchange& asked = pending_.asked_of(index);
    std::string& preview = (request ? asked.request : asked.response).body_preview;
    if (preview.size() >= options_.body_preview) return;
    preview += as_text(bytes).substr(0, options_.body_preview - preview.size());
    bound_texts(index);
}

void HttpTracer::message_end(Conversation& conversation, Direction direction, Time time) {
    const bool request = is_client(conversation, direction);
    const Index index = std::exchange(request ? conversation.request_now : conversation.response_now, none);
    if (index == none) return;
    Pending& pending = pending_[index];
    PendingMessage* response = pending_.response_of(pending);
    PendingMessage& message = request ? pending.request : *response;
    message.last = time;
    message.done = true;
    const bool waits_for_request = pending.request.seen && !pending.request.done;
    if (response == nullptr || !response->done) return;
    if (waits_for_request) pending_.remove(conversation.queue, index);
    else end_exchange(conversation, index, pending.fault);
}

/// Prints an exchange and forgets it. What is still under way in it goes on uncounted.
void HttpTracer::end_exchange(Conversation& conversation, Index index, ExchangeEnd end) {
    if (conversation.request_now == index) conversation.request_now = none;
    if (conversation.response_now == index) conversation.response_now = none;
    pending_.remove(conversation.queue, index);
    const ConnectionId id = pending_[index].connection;
    pending_.tell(index, info_of(conversation, id), connect_of(conversation, id), end);
    pending_.release(index);
}

void HttpTracer::end_queue(Conversation& conversation, ExchangeEnd end) {
    if (conversation.response_now != none) end_exchange(conversation, conversation.response_now, end);
    while (conversation.queue.front != none) {
        const Index index = conversation.queue.front;
        end_exchange(conversation, index, end_or_fault(pending_[index], end));
    }
    // A request whose answer came before its end stands in no queue any more.
    if (conversation.request_now != none) end_exchange(conversation, conversation.request_now, end);
}

/// A fresh exchange. Where there is no room, a request that has no answer gives way to it: of the connection, if it
/// has too many, else of all.
Pending::Index HttpTracer::take_pending(Conversation& conversation) {
    Index victim = none;
    if (pending_.length_of(conversation.queue) >= options_.exchanges_per_connection) {
        victim = conversation.queue.front;
        const auto is_told_or_waits = [](Pending::Line line) {
            return line == Pending::Line::waiting || line == Pending::Line::late;
        };
        while (victim != none && !is_told_or_waits(pending_[victim].line)) victim = pending_[victim].next;
    }
    Index index = victim == none ? pending_.take(told_of_) : none;
    if (index == none && victim == none) victim = pending_.most_dispensable();
    if (index == none && victim != none) {
        evict(victim);
        index = pending_.take(told_of_);
    }
    return index;
}

void HttpTracer::evict(Index index) {
    Conversation& loser = conversations_[pending_[index].connection];
    // One that is being answered leaves no answer behind that could be taken for another's.
    if (pending_[index].line != Pending::Line::answering) {
        const Index next = pending_[index].next;
        if (next == none) loser.request_gap = loser.request_lost = true;
        else pending_[next].after_gap = pending_[next].after_lost = true;
    }
    end_exchange(loser, index, ExchangeEnd::evicted);
}

/// Keeps the texts of exchanges under way within their limit, after those of the newest changed.
void HttpTracer::bound_texts(Index newest) {
    pending_.count_asked(newest);
    while (pending_.text_bytes() > options_.exchange_text_bytes) {
        const Index victim = pending_.most_dispensable();
        if (victim == none || victim == newest) return;
        evict(victim);
    }
}

void HttpTracer::hint_body(Conversation& conversation, Direction direction, Reading& reading, const Chunk& chunk) {
    // The capture's filter skips most bodies by itself. One that keeps coming is one it did not understand.
    if (conversation.mode != Mode::http || conversation.halves[direction].lost) return;
    const std::uint64_t left = reading.framer.body().skippable();
    if (left < worth_a_hint) return;
    const bool beside_head = !reading.body_seen;
    reading.body_seen = true;
    if (beside_head) return;
    const std::uint32_t end = chunk.seq + chunk.length;
    if (reading.hinted && distance(end, reading.hint_end) > 0) return;
    reading.hinted = true;
    reading.hint_end = end + static_cast<std::uint32_t>(std::min<std::uint64_t>(left, INT32_MAX));
    const ConnectionInfo& info = info_of(conversation, told_of_);
    sink_.hint({.kind = FlowHint::Kind::body,
                .source = info.ends[direction],
                .destination = info.ends[other(direction)],
                .interface = info.interface,
                .from = end,
                .length = left});
}

std::uint64_t HttpTracer::skippable(ConnectionId id, Direction direction) const {
    const Conversation& conversation = conversations_[id];
    switch (conversation.mode) {
        case Mode::ignored:
        case Mode::tunnel: return FlowHint::until_fin;
        case Mode::undecided: return 0;
        case Mode::http: break;
    }
    const Half& half = conversation.halves[direction];
    if (half.lost) return FlowHint::until_fin;
    const Reading* reading = reading_of(half);
    return reading != nullptr && reading->framer.in_body() ? reading->framer.body().skippable() : 0;
}

bool HttpTracer::is_overdue(const Pending& pending, Time now) const {
    return pending.request.done && !pending.told && now - pending.request.last >= options_.timeout;
}

void HttpTracer::tell_late(Index index) {
    const Pending& pending = pending_[index];
    const Conversation& conversation = conversations_[pending.connection];
    pending_.tell_late(index, info_of(conversation, pending.connection), connect_of(conversation, pending.connection),
                       end_or_fault(pending, ExchangeEnd::timeout));
}

void HttpTracer::advance(Time now) {
    for (Index index = pending_.oldest_waiting(); index != none;) {
        Pending& pending = pending_[index];
        if (now - pending.request.first < options_.timeout) return;
        const Index next = pending_.next_waiting(index);
        if (is_overdue(pending, now)) tell_late(index);
        index = next;
    }
}

}  // namespace podsnoop
