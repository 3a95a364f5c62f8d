#include "http/pending.hpp"

#include <algorithm>
#include <utility>

namespace podsnoop {

namespace {

constexpr std::size_t kept_capacity = 512;  // of a string, when its record is used again

/// Empties a message but keeps its strings' memory.
void clear(Message& message) {
    message.seen = false;
    message.version_minor = 1;
    message.head_bytes = message.body_bytes = 0;
    message.headers.clear();
    message.body_preview.clear();
}

void trim(std::string& text) {
    if (text.capacity() > kept_capacity) std::string().swap(text);
}

std::size_t text_bytes_of(const Message& message) {
    std::size_t bytes = message.body_preview.size();
    for (const Header& header : message.headers) bytes += sizeof(Header) + header.name.size() + header.value.size();
    return bytes;
}

Nanoseconds span(Time from, Time to) { return std::max(to - from, Nanoseconds{0}); }

}  // namespace

Pending::Index PendingExchanges::take(ConnectionId connection) {
    const Index index = pool_.take();
    if (index == none) return none;
    Pending& pending = pool_[index];
    Exchange& exchange = pending.exchange;
    clear(exchange.request);
    clear(exchange.response);
    exchange.latency = {};
    exchange.side = Side::unknown;
    exchange.flags = 0;
    pending.has_ack = pending.after_gap = pending.after_lost = false;
    pending.request_done = pending.response_done = pending.told = false;
    pending.fault.reset();
    pending.connection = connection;
    pending.next = pending.older = pending.newer = none;
    return index;
}

void PendingExchanges::push(RequestQueue& queue, Index index) {
    (queue.back == none ? queue.front : pool_[queue.back].next) = index;
    queue.back = index;
    ++queue.length;
    enter(index, Pending::Line::waiting);
}

/// Puts it at the young end of a list.
void PendingExchanges::enter(Index index, Pending::Line line) {
    AgeList& list = list_of(line);
    Pending& pending = pool_[index];
    pending.line = line;
    pending.older = list.newest;
    (list.newest == none ? list.oldest : pool_[list.newest].newer) = index;
    list.newest = index;
}

void PendingExchanges::remove(RequestQueue& queue, Index index) {
    Index before = none;
    for (Index at = queue.front; at != none; before = at, at = pool_[at].next) {
        if (at != index) continue;
        (before == none ? queue.front : pool_[before].next) = pool_[at].next;
        if (queue.back == at) queue.back = before;
        pool_[at].next = none;
        --queue.length;
        return;
    }
}

/// Takes it out of its list, if it is in one.
void PendingExchanges::leave(Index index) {
    Pending& pending = pool_[index];
    if (pending.line == Pending::Line::none) return;
    AgeList& list = list_of(pending.line);
    (pending.older == none ? list.oldest : pool_[pending.older].newer) = pending.newer;
    (pending.newer == none ? list.newest : pool_[pending.newer].older) = pending.older;
    pending.line = Pending::Line::none;
    pending.older = pending.newer = none;
}

void PendingExchanges::answered(Index index) {
    leave(index);
    enter(index, Pending::Line::answering);
}

Pending::Index PendingExchanges::most_dispensable() const {
    constexpr std::size_t waiting = 0, late = 1, answering = 2;
    for (const std::size_t list : {late, waiting, answering})
        if (lists_[list].oldest != none) return lists_[list].oldest;
    return none;
}

void PendingExchanges::count_texts(Index index) {
    Pending& pending = pool_[index];
    const Exchange& exchange = pending.exchange;
    text_bytes_ -= pending.text_bytes;
    pending.text_bytes = exchange.request.method.size() + exchange.request.target.size() +
                         (exchange.request.host ? exchange.request.host->size() : 0) + text_bytes_of(exchange.request) +
                         text_bytes_of(exchange.response);
    text_bytes_ += pending.text_bytes;
}

void PendingExchanges::tell(Index index, ExchangeEnd end) {
    Pending& pending = pool_[index];
    leave(index);
    if (pending.told) return;
    pending.told = true;
    Exchange& exchange = pending.exchange;
    const bool request = exchange.request.seen, response = exchange.response.seen;
    const bool request_whole = request && pending.request_done && !pending.fault;
    const bool early = (exchange.flags & flag_early) != 0;
    if (request_whole) exchange.latency.request = span(pending.request_first, pending.request_last);
    if (response && early) exchange.latency.wait = Nanoseconds{0};
    else if (response && request_whole) exchange.latency.wait = span(pending.request_last, pending.response_first);
    if (response && pending.response_done) {
        exchange.latency.response = span(pending.response_first, pending.response_last);
        if (request) exchange.latency.total = span(pending.request_first, pending.response_last);
    }
    exchange.time = request ? pending.request_first : pending.response_first;
    exchange.end = end;
    if (request) ++ledger_.requests_by_end[static_cast<std::size_t>(end)];
    else ++ledger_.responses_orphan;
    if ((exchange.flags & flag_truncated_head) != 0) ++ledger_.heads_truncated;
    sink_.told(exchange);
}

void PendingExchanges::tell_late(Index index, ExchangeEnd end) {
    tell(index, end);
    enter(index, Pending::Line::late);
}

void PendingExchanges::release(Index index) {
    Exchange& exchange = pool_[index].exchange;
    leave(index);
    text_bytes_ -= std::exchange(pool_[index].text_bytes, 0);
    trim(exchange.request.target);
    if (exchange.request.host) trim(*exchange.request.host);
    trim(exchange.request.body_preview);
    trim(exchange.response.body_preview);
    pool_.give_back(index);
}

}  // namespace podsnoop
