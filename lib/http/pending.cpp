#include "http/pending.hpp"

#include <algorithm>
#include <utility>

namespace podsnoop {

namespace {

constexpr std::size_t kept_capacity = 512;  // of a string, when its record is used again

/// Empties a message but keeps its memory.
void clear(PendingMessage& message) {
    message.seen = message.done = false;
    message.head_bytes = message.body_bytes = 0;
    if (!message.asked) return;
    message.asked->headers.clear();
    message.asked->body_preview.clear();
}

/// Whether it gave its memory back.
bool trim(std::string& text) {
    if (text.capacity() <= kept_capacity) return false;
    std::string().swap(text);
    return true;
}

std::size_t text_bytes_of(const PendingMessage& message) {
    if (!message.asked) return 0;
    std::size_t bytes = message.asked->body_preview.size();
    for (const Header& header : message.asked->headers) bytes += sizeof(Header) + header.name.size() + header.value.size();
    return bytes;
}

/// What was asked for of it changes hands, and back: none of it is copied.
void swap_asked(Message& message, PendingMessage& pending) {
    message.headers.swap(pending.asked->headers);
    message.body_preview.swap(pending.asked->body_preview);
}

void set_message(Message& message, PendingMessage& pending) {
    message.seen = pending.seen;
    message.version_minor = pending.version_minor;
    message.head_bytes = pending.head_bytes;
    message.body_bytes = pending.body_bytes;
    if (pending.asked) swap_asked(message, pending);
}

Nanoseconds span(Time from, Time to) { return std::max(to - from, Nanoseconds{0}); }

}  // namespace

void Pending::set_request(const Head& head) {
    request.seen = true;
    // Exchanges are used again, and what a connection's next request says is mostly what its last one said.
    if (head.identity != 0 && head.identity == request.head_identity) return;
    request.head_identity = head.identity;
    request.version_minor = head.start.version_minor;
    const std::string_view host = head.host.value_or(std::string_view());
    method_length = static_cast<std::uint32_t>(head.start.method.size());
    target_length = static_cast<std::uint32_t>(head.start.target.size());
    has_host = head.host.has_value();
    texts.resize_and_overwrite(method_length + target_length + host.size(), [&](char* begin, std::size_t) {
        char* to = begin;
        // Not by std::ranges::copy, which is a loop of single bytes in GCC 12.
        for (const std::string_view text : {head.start.method, head.start.target, host})
            to = std::copy(text.begin(), text.end(), to);
        return static_cast<std::size_t>(to - begin);  // GCC 12 gives the capacity for the size
    });
}

void Pending::set_response(const Head& head) {
    response.seen = true;
    response.head_identity = head.identity;
    response.version_minor = head.start.version_minor;
    status = head.start.status;
}

Pending::Index PendingExchanges::take(ConnectionId connection) {
    const Index index = pool_.take();
    if (index == none) return none;
    Pending& pending = pool_[index];
    clear(pending.request);
    clear(pending.response);
    pending.connect.reset();
    pending.flags = 0;
    pending.has_ack = pending.after_gap = pending.after_lost = pending.told = false;
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
    text_bytes_ -= pending.text_bytes;
    const std::size_t texts = pending.request.seen ? pending.texts.size() : 0;
    pending.text_bytes = static_cast<std::uint32_t>(texts + text_bytes_of(pending.request) + text_bytes_of(pending.response));
    text_bytes_ += pending.text_bytes;
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

inline void PendingExchanges::make_record(Pending& pending, const ConnectionInfo& info) {
    set_ends(info);
    const PendingMessage &request = pending.request, &response = pending.response;
    set_message(record_.request, pending.request);
    set_message(record_.response, pending.response);
    record_.response.head_identity = pending.response.head_identity;
    record_.response.status = pending.status;
    if (request.seen && (request.head_identity == 0 || request.head_identity != record_.request.head_identity)) {
        const std::string_view texts = pending.texts;
        record_.request.method = pending.method();
        record_.request.target = texts.substr(pending.method_length, pending.target_length);
        const std::string_view host = texts.substr(pending.method_length + pending.target_length);
        if (!pending.has_host) record_.request.host.reset();
        else if (record_.request.host) record_.request.host->assign(host);
        else record_.request.host.emplace(host);
        record_.request.head_identity = request.head_identity;
    }
    record_.flags = pending.flags;
    if (info.midstream) record_.flags |= flag_midstream;
    record_.latency = {.connect = pending.connect, .request = {}, .wait = {}, .response = {}, .total = {}};
    Latency& latency = record_.latency;
    const bool request_whole = request.seen && request.done && !pending.fault;
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

void PendingExchanges::tell(Index index, const ConnectionInfo& info, ExchangeEnd end) {
    Pending& pending = pool_[index];
    leave(index);
    if (pending.told) return;
    pending.told = true;
    if (pending.request.seen) ++ledger_.requests_by_end[static_cast<std::size_t>(end)];
    else ++ledger_.responses_orphan;
    if ((pending.flags & flag_truncated_head) != 0) ++ledger_.heads_truncated;
    make_record(pending, info);
    record_.end = end;
    sink_.told(record_);
    if (pending.request.asked) swap_asked(record_.request, pending.request);
    if (pending.response.asked) swap_asked(record_.response, pending.response);
}

void PendingExchanges::tell_late(Index index, const ConnectionInfo& info, ExchangeEnd end) {
    tell(index, info, end);
    enter(index, Pending::Line::late);
}

void PendingExchanges::release(Index index) {
    Pending& pending = pool_[index];
    leave(index);
    text_bytes_ -= std::exchange(pending.text_bytes, 0);
    if (trim(pending.texts)) pending.request.head_identity = 0;
    for (PendingMessage* message : {&pending.request, &pending.response})
        if (message->asked) trim(message->asked->body_preview);
    pool_.give_back(index);
}

}  // namespace podsnoop
