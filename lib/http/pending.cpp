#include "http/pending.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace podsnoop {

namespace {

constexpr std::size_t kept_capacity = 512;  // of a string, when its record is used again

/// Empties it but keeps its memory.
void clear(AskedOfMessage& asked) {
    asked.headers.clear();
    asked.body_preview.clear();
}

void trim(std::string& text) {
    if (text.capacity() > kept_capacity) std::string().swap(text);
}

std::size_t text_bytes_of(const AskedOfMessage& asked) {
    std::size_t bytes = asked.body_preview.size();
    for (const Header& header : asked.headers) bytes += sizeof(Header) + header.name.size() + header.value.size();
    return bytes;
}

/// What was asked for of it changes hands, and back: none of it is copied.
void swap_asked(Message& message, AskedOfMessage& asked) {
    message.headers.swap(asked.headers);
    message.body_preview.swap(asked.body_preview);
}
void swap_asked(Exchange& record, AskedOfExchange& asked) {
    swap_asked(record.request, asked.request);
    swap_asked(record.response, asked.response);
}

void set_message(Message& message, const PendingMessage& pending) {
    message.seen = pending.seen;
    message.version_minor = pending.version_minor;
    message.body_bytes = pending.body_bytes;
}

std::uint32_t bounded(std::uint64_t bytes) {
    return static_cast<std::uint32_t>(std::min<std::uint64_t>(bytes, std::numeric_limits<std::uint32_t>::max()));
}

/// A message whose head was read.
PendingMessage begun(const Head& head, Time first) {
    return {
        .first = first, .last = first, .version_minor = static_cast<std::uint8_t>(head.start.version_minor & 0xf), .seen = true};
}

/// What was told last is mostly told again.
void set_texts(Request& request, const SharedTexts& shared) {
    const RequestTexts& texts = shared.texts;
    request.head_bytes = shared.head_bytes;
    if (texts.head_identity() != 0 && texts.head_identity() == request.head_identity) return;
    request.head_identity = texts.head_identity();
    request.method = texts.method();
    request.target = texts.target();
    if (!texts.has_host()) request.host.reset();
    else if (request.host) request.host->assign(texts.host());
    else request.host.emplace(texts.host());
}

Nanoseconds span(Time from, Time to) { return std::max(to - from, Nanoseconds{0}); }

}  // namespace

void PendingExchanges::set_request(Pending& pending, const Head& head, Time first, std::uint64_t head_bytes) {
    pending.request = begun(head, first);
    pending.texts = texts_.take(head, bounded(head_bytes));
}

PendingResponse& PendingExchanges::set_response(Pending& pending, const Head& head, Time first, std::uint64_t head_bytes) {
    if (pending.response == none) pending.response = responses_.take();  // never none: there are as many as exchanges
    PendingResponse& response = responses_[pending.response];
    response = {begun(head, first), bounded(head_bytes), head.identity, head.start.status};
    return response;
}

Pending::Index PendingExchanges::take(ConnectionId connection) {
    const Index index = pool_.take();
    if (index == none) return none;
    Pending& pending = pool_[index];
    pending.request.seen = pending.request.done = false;
    if (AskedOfExchange* asked = known_of(index)) {
        clear(asked->request);
        clear(asked->response);
    }
    pending.flags = 0;
    pending.has_ack = pending.after_gap = pending.after_lost = pending.expects_continue = false;
    pending.tells_connect = pending.told = false;
    pending.fault = ExchangeEnd::complete;
    pending.connection = connection;
    pending.next = pending.older = pending.newer = none;
    return index;
}

void PendingExchanges::push(RequestQueue& queue, Index index) {
    pool_[index].number = queue.back == none ? 0 : pool_[queue.back].number + 1;
    (queue.back == none ? queue.front : pool_[queue.back].next) = index;
    queue.back = index;
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
        if (at != index) {
            ++pool_[at].number;  // so that no number is left out between those before it and those behind
            continue;
        }
        (before == none ? queue.front : pool_[before].next) = pool_[at].next;
        if (queue.back == at) queue.back = before;
        pool_[at].next = none;
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

AskedOfExchange& PendingExchanges::asked_of(Index index) {
    if (index >= asked_.size()) asked_.resize(index + 1);
    if (!asked_[index]) asked_[index] = std::make_unique<AskedOfExchange>();
    return *asked_[index];
}

void PendingExchanges::count_asked(Index index) {
    AskedOfExchange* asked = known_of(index);
    if (asked == nullptr) return;
    asked_bytes_ -= asked->text_bytes;
    asked->text_bytes = static_cast<std::uint32_t>(text_bytes_of(asked->request) + text_bytes_of(asked->response));
    asked_bytes_ += asked->text_bytes;
}

inline void PendingExchanges::set_ends(const ConnectionInfo& info) {
    for (Peer* peer : {&record_.client, &record_.server}) {
        peer->endpoint = info.ends[peer == &record_.client ? info.client : other(info.client)];
        peer->pod = nullptr;
        peer->comm.clear();
    }
    record_.service.reset();
    record_.side = Side::unknown;
    const Interface& interface = sink_.interface(info.interface);
    record_.interface = interface.name;
    record_.netns = interface.netns;
}

inline void PendingExchanges::make_record(const Pending& pending, const ConnectionInfo& info, Nanoseconds connect) {
    static const PendingResponse not_seen;
    set_ends(info);
    const PendingMessage& request = pending.request;
    const PendingResponse& response = pending.response != none ? responses_[pending.response] : not_seen;
    set_message(record_.request, request);
    set_message(record_.response, response);
    record_.response.head_bytes = response.head_bytes;
    record_.response.status = response.status;
    record_.response.head_identity = response.head_identity;
    if (request.seen) set_texts(record_.request, texts_[pending.texts]);
    record_.flags = pending.flags;
    if (info.midstream) record_.flags |= flag_midstream;
    record_.latency = {};
    Latency& latency = record_.latency;
    if (pending.tells_connect) latency.connect = connect;
    const bool request_whole = request.seen && request.done && pending.fault == ExchangeEnd::complete;
    const bool early = (pending.flags & flag_early) != 0;
    if (request_whole) latency.request = span(request.first, request.last);
    if (response.seen && early) latency.wait = Nanoseconds{0};
    else if (response.seen && request_whole) latency.wait = span(request.last, response.first);
    if (response.seen && response.done) {
        latency.response = span(response.first, response.last);
        if (request.seen) latency.total = span(request.first, response.last);
    }
    record_.time = request.seen ? request.first : response.first;
}

void PendingExchanges::tell(Index index, const ConnectionInfo& info, Nanoseconds connect, ExchangeEnd end) {
    Pending& pending = pool_[index];
    leave(index);
    if (pending.told) return;
    pending.told = true;
    if (pending.request.seen) ++ledger_.requests_by_end[static_cast<std::size_t>(end)];
    else ++ledger_.responses_orphan;
    if ((pending.flags & flag_truncated_head) != 0) ++ledger_.heads_truncated;
    make_record(pending, info, connect);
    record_.end = end;
    AskedOfExchange* const asked = known_of(index);
    if (asked != nullptr) swap_asked(record_, *asked);
    sink_.told(record_);
    if (asked != nullptr) swap_asked(record_, *asked);
}

void PendingExchanges::tell_late(Index index, const ConnectionInfo& info, Nanoseconds connect, ExchangeEnd end) {
    tell(index, info, connect, end);
    enter(index, Pending::Line::late);
}

void PendingExchanges::release(Index index) {
    Pending& pending = pool_[index];
    leave(index);
    if (pending.request.seen) texts_.give_back(pending.texts);
    if (AskedOfExchange* asked = known_of(index)) {
        asked_bytes_ -= std::exchange(asked->text_bytes, 0);
        trim(asked->request.body_preview);
        trim(asked->response.body_preview);
    }
    if (const Index response = std::exchange(pending.response, none); response != none) responses_.give_back(response);
    pool_.give_back(index);
}

}  // namespace podsnoop
