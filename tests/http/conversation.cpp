#include "conversation.hpp"

#include <fmt/format.h>

namespace podsnoop::test {

namespace {

Address address(std::uint8_t last) {
    Address address;
    address.family = 4;
    address.bytes = {10, 0, 0, last};
    return address;
}

}  // namespace

std::string line_of(const Exchange& exchange) {
    const Request& request = exchange.request;
    const Response& response = exchange.response;
    std::string line = request.seen ? request.method + ' ' + request.target : "-";
    line += response.seen ? fmt::format(" {}", response.status) : " -";
    line += " body ";
    line += request.seen ? fmt::format("{}/", request.body_bytes) : "-/";
    line += response.seen ? fmt::format("{} ", response.body_bytes) : "- ";
    line += name_of(exchange.end);
    for (unsigned bit = 0; bit < exchange_flag_count; ++bit)
        if ((exchange.flags >> bit & 1) != 0) line += fmt::format(" {}", name_of(static_cast<ExchangeFlag>(1 << bit)));
    return line;
}

void Collector::told(Exchange& exchange) {
    lines.push_back(line_of(exchange));
    exchanges.push_back(exchange);
}

Conversation::Conversation(HttpOptions options, bool filter_skips, ReassemblyLimits limits)
    : tracer_(collector, ledger, std::move(options)), reassembler_(tracer_, limits, 7) {
    reassembler_.filter_skips(filter_skips);
}

Segment Conversation::make(Side from, std::string_view bytes) {
    Segment segment;
    const Endpoint ends[2] = {{address(1), client_port}, {address(2), 80}};
    segment.source = ends[from];
    segment.destination = ends[1 - from];
    segment.seq = next[from];
    segment.ack = next[1 - from];
    segment.flags = tcp_ack;
    segment.payload = as_bytes(bytes);
    segment.length = static_cast<std::uint32_t>(bytes.size());
    next[from] += segment.length;
    return segment;
}

void Conversation::segment(Segment segment) {
    now_ += std::chrono::milliseconds(1);
    segment.time = now_;
    reassembler_.accept(segment);
}

void Conversation::open() {
    Segment syn = make(client, {});
    syn.flags = tcp_syn;
    ++next[client];
    segment(syn);
    Segment syn_ack = make(server, {});
    syn_ack.flags = tcp_syn | tcp_ack;
    ++next[server];
    segment(syn_ack);
    segment(make(client, {}));
}

void Conversation::send(Side from, std::string_view bytes) { segment(make(from, bytes)); }

void Conversation::lose(Side from, std::size_t bytes) { next[from] += static_cast<std::uint32_t>(bytes); }

void Conversation::send_cut(Side from, std::string_view bytes, std::size_t captured) {
    Segment cut = make(from, bytes);
    cut.payload = cut.payload.first(captured);
    segment(cut);
}

void Conversation::fin(Side from) {
    Segment fin = make(from, {});
    fin.flags |= tcp_fin;
    ++next[from];
    segment(fin);
}

void Conversation::reset(Side from) {
    Segment reset = make(from, {});
    reset.flags |= tcp_rst;
    segment(reset);
}

void Conversation::wait(Nanoseconds time) {
    now_ += time;
    reassembler_.advance(now_);
    tracer_.advance(now_);
}

void Conversation::finish() {
    reassembler_.finish(now_);
    ledger.bytes_gap = reassembler_.counts().gap_bytes;
}

}  // namespace podsnoop::test
