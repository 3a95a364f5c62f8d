// HttpTracer where things go wrong: bytes that are missing, streams that are not HTTP, connections that end
// before their messages do.
#include <algorithm>

#include "http/fields.hpp"
#include "http/start_line.hpp"
#include "http/tracer.hpp"
#include "reassemble/stream.hpp"

namespace podsnoop {

namespace {

constexpr std::uint8_t patient_misses = 16;  // segments, before a connection whose start was not seen is given up

ExchangeEnd end_of(Close how) {
    switch (how) {
        case Close::fin:
        case Close::reused: return ExchangeEnd::closed;
        case Close::reset: return ExchangeEnd::reset;
        case Close::capture_end: return ExchangeEnd::capture_end;
        case Close::evicted: return ExchangeEnd::evicted;
    }
    return ExchangeEnd::closed;
}

/// Of a body that will not be followed, what its header says of it.
void announce_body(Pending& pending, PendingMessage& message, const BodyFraming& framing) {
    if (framing.kind != BodyFraming::Kind::length) return;
    message.body_bytes = std::min(framing.length, PendingMessage::longest_body) & PendingMessage::longest_body;
    pending.flags |= flag_body_gap;
}

}  // namespace

void HttpTracer::missing(ConnectionId id, Direction direction, std::uint32_t length, Missing why, Time time) {
    told_of_ = id;
    Conversation& conversation = conversations_[id];
    Half& half = conversation.halves[direction];
    if (conversation.mode == Mode::ignored || half.lost) return;
    if (conversation.mode == Mode::tunnel) {
        ledger_.tunnel_bytes += length;
        return;
    }
    Reading* reading = reading_of(half);
    if (reading != nullptr && reading->framer.in_body()) {
        Framer& framer = reading->framer;
        const auto skipped = static_cast<std::uint32_t>(std::min<std::uint64_t>(length, framer.body().skippable()));
        const bool request = is_client(conversation, direction);
        const Index index = request ? conversation.request_now : conversation.response_now;
        if (skipped != 0 && index != none) {
            Pending& pending = pending_[index];
            PendingMessage& message = request ? pending.request : *pending_.response_of(pending);
            // One number lost of a body that ends with the connection is more likely the FIN's than a byte's.
            const bool fin = why == Missing::lost && skipped == 1 && framer.body().ends_with_connection();
            if (!fin) message.body_bytes += skipped;
            message.last = time;
            if (why == Missing::lost) pending.flags |= flag_body_gap;
        }
        if (framer.skip_body(skipped) == BodyFramer::Status::done) {
            framer.restart();
            message_end(conversation, direction, time);
        }
        length -= skipped;
    }
    if (length != 0) {
        const bool between = reading == nullptr || reading->framer.between_messages();
        if (between && is_client(conversation, direction)) conversation.request_lost = true;
        lose_place(conversation, direction, time, why == Missing::skipped);
    }
    settle(half);
}

/// Bytes are missing that framing needed. `truncated`: the capture cut them off.
void HttpTracer::lose_place(Conversation& conversation, Direction direction, Time time, bool truncated) {
    Half& half = conversation.halves[direction];
    Reading* reading = reading_of(half);
    const bool in_head = reading != nullptr && reading->framer.in_head();
    if (in_head) salvage_head(conversation, direction, *reading, time, truncated);
    if (reading != nullptr) reading->framer.restart();
    if (is_client(conversation, direction)) {
        conversation.request_gap = true;
        if (in_head && conversation.request_now == none) conversation.request_lost = true;
    }
    if (conversation.mode == Mode::undecided) {
        conversation.joined = conversation.uncertain = conversation.request_gap = true;
        return;
    }
    half.lost = true;
    if (is_client(conversation, direction)) {
        if (truncated && in_head && conversation.request_now != none) {
            // A head cut short by the capture says enough, and a request mostly ends with its head.
            message_end(conversation, direction, time);
        } else {
            finish_request(conversation, ExchangeEnd::gap);
        }
        return;
    }
    conversation.uncertain = true;
    if (conversation.response_now != none) end_exchange(conversation, conversation.response_now, ExchangeEnd::gap);
}

/// Makes what can be made of a head whose end was not seen. `truncated`: the capture cut it off.
void HttpTracer::salvage_head(Conversation& conversation, Direction direction, const Reading& reading, Time time,
                              bool truncated) {
    const std::string text(as_text(reading.framer.unfinished_head()));
    const auto parsed = truncated ? parse_cut_head(as_bytes(text)) : parse_head(as_bytes(text));
    if (!parsed || !is_possible(conversation, direction, *parsed)) return;
    if (!parsed->is_request && parsed->start.status < 200) return;
    if (!conversation.client_known) {
        conversation.client_known = true;
        conversation.client = (parsed->is_request ? direction : other(direction)) & 1;
    }
    if (conversation.mode != Mode::http && !become_http(conversation, parsed->is_request)) return;
    if (parsed->is_request) {
        request_head(conversation, reading, *parsed, text);
        if (conversation.request_now != none) {
            Pending& pending = pending_[conversation.request_now];
            pending.request.last = time;
            pending.flags |= flag_truncated_head;
            announce_body(pending, pending.request, request_framing(*parsed));
        }
        return;
    }
    const Index index = find_answered(conversation, reading);
    if (index == none) return;
    Pending& pending = pending_[index];
    pending_.answered(index);
    PendingMessage& response = pending_.set_response(pending, *parsed, reading.first, reading.framer.head_length());
    if (!options_.headers.empty()) copy_headers(pending_.asked_of(index).response.headers, text, options_);
    pending.flags |= flag_truncated_head;
    announce_body(pending, response, response_framing(*parsed, pending_.method_of(pending)));
    conversation.response_now = index;
}

/// The request under way will not be seen to end. Its answer may still come.
void HttpTracer::finish_request(Conversation& conversation, ExchangeEnd fault) {
    const Index index = std::exchange(conversation.request_now, none);
    if (index == none) return;
    Pending& pending = pending_[index];
    pending.fault = fault;
    pending.request.done = true;
    const PendingMessage* response = pending_.response_of(pending);
    if (response != nullptr && response->done) end_exchange(conversation, index, fault);
}

/// Whether a response starts with this segment, as far as that is certain: where a known request's answer must.
bool HttpTracer::starts_answer(Conversation& conversation, const Chunk& chunk) {
    const StartLine start = classify_start(chunk.bytes);
    if (start != StartLine::response && start != StartLine::incomplete) return false;
    if (conversation.uncertain) drop_passed(conversation, chunk.seq);
    const Index front = conversation.queue.front;
    return front != none && pending_[front].has_ack && pending_[front].ack == chunk.seq;
}

/// Whether a segment after a gap may be read as the start of a message again.
bool HttpTracer::may_resume(Conversation& conversation, Direction direction, const Chunk& chunk) {
    const StartLine start = classify_start(chunk.bytes);
    Half& half = conversation.halves[direction];
    bool safe = false;
    if (is_client(conversation, direction)) {
        // What looks like a request can be part of the body that was lost track of, unless its answer has begun.
        const Index last = conversation.queue.back;
        const bool in_body = last != none && pending_[last].fault != ExchangeEnd::complete && pending_[last].has_ack &&
                             chunk.has_ack && distance(pending_[last].ack, chunk.ack) <= 0;
        const std::string_view text = as_text(chunk.bytes);
        safe = start != StartLine::neither && is_registered_method(text.substr(0, text.find(' '))) && !in_body;
    } else {
        safe = starts_answer(conversation, chunk);
    }
    if (safe) half.lost = false;
    return safe;
}

/// Bytes that should start a message and do not.
void HttpTracer::not_message(Conversation& conversation, Direction direction, Bytes bytes, Time time) {
    if (conversation.mode == Mode::http) {
        lose_place(conversation, direction, time, false);
        return;
    }
    const OtherProtocol protocol = identify_other(bytes);
    if (Reading* reading = reading_of(conversation.halves[direction])) reading->framer.restart();
    const bool give_up = !conversation.joined || protocol != OtherProtocol::unknown;
    if (!give_up && ++conversation.misses < patient_misses) return;
    conversation.misses = 0;
    const bool here = !conversation.client_known || sink_.wants(info_of(conversation, told_of_));
    if (here && !conversation.told_other) {
        conversation.told_other = true;
        switch (protocol) {
            case OtherProtocol::tls: ++ledger_.connections_tls; break;
            case OtherProtocol::http2: ++ledger_.connections_http2; break;
            case OtherProtocol::unknown: ++ledger_.connections_other; break;
        }
    }
    // One that was open before, or whose first bytes were lost, may be in the middle of a long body: it stays
    // undecided, and a message that starts later is still seen.
    if (!conversation.joined) conversation.mode = Mode::ignored;
    hint_ignored(conversation, FlowHint::Kind::not_http);
}

/// Nothing of the connection is needed any more: not HTTP, or told from elsewhere.
void HttpTracer::hint_ignored(const Conversation& conversation, FlowHint::Kind why) {
    const ConnectionInfo& info = info_of(conversation, told_of_);
    for (const Direction each : {Direction{0}, Direction{1}})
        sink_.hint({.kind = why, .source = info.ends[each], .destination = info.ends[other(each)], .interface = info.interface});
}

/// Keeps the memory of unfinished heads within its limit: the one that would exceed it is given up.
void HttpTracer::bound_partial_heads(Conversation& conversation, Direction direction, Time time) {
    Reading& reading = *reading_of(conversation.halves[direction]);
    const std::size_t before = reading.head_bytes;
    account_head(reading);
    if (reading.head_bytes <= before || partial_head_bytes_ <= options_.partial_head_bytes) return;
    lose_place(conversation, direction, time, false);
    account_head(reading);
}

/// Counts what an unfinished head takes, after anything that may have changed it.
void HttpTracer::account_head(Reading& reading) {
    partial_head_bytes_ -= reading.head_bytes;
    reading.head_bytes = static_cast<std::uint32_t>(reading.framer.memory());
    partial_head_bytes_ += reading.head_bytes;
}

void HttpTracer::retransmitted(ConnectionId id, Direction direction) {
    const Conversation& conversation = conversations_[id];
    if (conversation.mode != Mode::http) return;
    Index index = conversation.response_now;
    if (is_client(conversation, direction))
        index = conversation.request_now != none ? conversation.request_now : conversation.queue.back;
    if (index != none) pending_[index].flags |= flag_retransmit;
}

void HttpTracer::half_closed(ConnectionId id, Direction direction, Time time) {
    told_of_ = id;
    Conversation& conversation = conversations_[id];
    if (conversation.mode == Mode::ignored || conversation.mode == Mode::tunnel) return;
    Half& half = conversation.halves[direction];
    bool whole = false;
    if (const Reading* reading = reading_of(half)) {
        if (reading->framer.in_head()) salvage_head(conversation, direction, *reading, time, false);
        whole = reading->framer.in_body() && reading->framer.body().ends_with_connection();
    }
    restart(half);
    if (conversation.mode == Mode::undecided) return;
    if (is_client(conversation, direction)) {
        finish_request(conversation, ExchangeEnd::closed);  // an answer may come all the same
        return;
    }
    // A body until close ends here as it should (RFC 9112 6.3, 8); nothing else does.
    if (whole) message_end(conversation, direction, time);
    end_queue(conversation, half.lost ? ExchangeEnd::gap : ExchangeEnd::closed);
}

void HttpTracer::closed(ConnectionId id, Close how, Time time) {
    told_of_ = id;
    Conversation& conversation = conversations_[id];
    for (const Direction direction : {Direction{0}, Direction{1}}) {
        Half& half = conversation.halves[direction];
        const Reading* reading = reading_of(half);
        const bool may_be_http = conversation.mode != Mode::ignored && conversation.mode != Mode::tunnel;
        if (reading != nullptr && reading->framer.in_head() && may_be_http)
            salvage_head(conversation, direction, *reading, time, false);
        restart(half);
    }
    const bool lost = conversation.client_known && conversation.halves[other(conversation.client)].lost;
    const bool ended_by_peers = how == Close::fin || how == Close::reset;
    end_queue(conversation, lost && ended_by_peers ? ExchangeEnd::gap : end_of(how));
    if (conversation.connect == longest_connect) slow_connects_.erase(id);
    conversation = Conversation{};
}

}  // namespace podsnoop
