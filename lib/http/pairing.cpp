// HttpTracer: which request a response answers. By order, as long as both orders are known; else by place:
// the client says in every segment up to which byte it has read, and so where the next answer starts.
#include "http/tracer.hpp"
#include "reassemble/stream.hpp"

namespace podsnoop {

/// Tells as lost what no answer can be proved to belong to any more: where order is not known, only the answer that
/// starts where the request says is its, and the stream is past that. The client's acknowledgments only grow, so
/// these stand in front; and no response is compared with more than one of the others.
void HttpTracer::drop_passed(Conversation& conversation, std::uint32_t seq) {
    for (;;) {
        const Index front = conversation.queue.front;
        if (front == none || front == conversation.response_now || front == conversation.request_now) return;
        if (pending_[front].has_ack && distance(pending_[front].ack, seq) <= 0) return;
        end_exchange(conversation, front, ExchangeEnd::gap);
    }
}

/// Which request the response that starts here answers; none if it is one that was not seen.
Pending::Index HttpTracer::find_answered(Conversation& conversation, const Reading& reading) {
    if (conversation.uncertain) drop_passed(conversation, reading.seq);
    const Index front = conversation.queue.front;
    if (front == none || (!conversation.uncertain && !pending_[front].after_gap)) return front;
    Index found = front;
    while (found != none && pending_[found].has_ack && distance(pending_[found].ack, reading.seq) > 0)
        found = pending_[found].next;
    if (found != none && !(pending_[found].has_ack && pending_[found].ack == reading.seq)) found = none;
    if (found == none || !is_answered_here(conversation, found, reading)) return none;
    while (conversation.queue.front != found) end_exchange(conversation, conversation.queue.front, ExchangeEnd::gap);
    conversation.uncertain = false;
    Pending& pending = pending_[found];
    pending.after_gap = pending.after_lost = false;
    // Everything before had been received when it was sent, so no answer was due.
    pending.flags &= static_cast<std::uint8_t>(~flag_pipelined);
    return found;
}

/// Whether it is this request that is answered, of those sent when everything before had been read: the first
/// of them, which may not have been seen.
bool HttpTracer::is_answered_here(const Conversation& conversation, Index index, const Reading& reading) {
    const Pending& pending = pending_[index];
    // An answer is sent after its request came.
    if (reading.has_ack && distance(pending.seq, reading.ack) <= 0) return false;
    if (!pending.after_gap) return true;
    // A request was lost, and its answer was not: that one comes first.
    if (pending.after_lost && !conversation.uncertain) return false;
    // What was lost before this request had come when the answer before was sent: so it was not sent together
    // with this request.
    if (reading.has_prior_ack) return distance(pending.seq, reading.prior_ack) >= 0;
    // The first that is seen of a connection: a client that sends several requests at once does so again.
    const Index next = pending.next;
    return conversation.midstream && (next == none || pending_[next].ack != pending.ack);
}

/// A response answers none of the requests seen: so it answers one that was lost.
void HttpTracer::note_orphan(Conversation& conversation) {
    for (Index index = conversation.queue.front; index != none; index = pending_[index].next) {
        Pending& pending = pending_[index];
        if (!pending.after_lost) continue;
        pending.after_lost = false;
        return;
    }
    conversation.request_lost = false;
}

}  // namespace podsnoop
