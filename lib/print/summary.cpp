#include <fmt/format.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "base/time.hpp"
#include "event/exchange.hpp"
#include "event/tcp.hpp"
#include "print/ledger.hpp"

namespace podsnoop {

namespace {

/// 1204567 as "1,204,567".
std::string grouped(std::uint64_t number) {
    std::string text = fmt::format("{}", number);
    for (std::size_t at = text.size(); at > 3; at -= 3) text.insert(at - 3, 1, ',');
    return text;
}

/// "1 packet", "2 packets".
std::string counted(std::uint64_t number, std::string_view one, std::string_view many) {
    return fmt::format("{} {}", grouped(number), number == 1 ? one : many);
}

/// Parts of a sum that are not zero, joined by ", ".
class Parts {
  public:
    void add(std::uint64_t number, std::string_view what) { add(number, what, what); }
    void add(std::uint64_t number, std::string_view one, std::string_view many) {
        if (number == 0) return;
        if (!text_.empty()) text_ += ", ";
        text_ += counted(number, one, many);
    }
    [[nodiscard]] bool empty() const { return text_.empty(); }
    [[nodiscard]] const std::string& text() const { return text_; }
    /// " (a, b)", or nothing.
    [[nodiscard]] std::string bracketed() const { return text_.empty() ? "" : " (" + text_ + ")"; }

  private:
    std::string text_;
};

void append_line(std::string& out, std::string_view text) {
    out += "podsnoop: ";
    out += text;
    out += '\n';
}

std::string exchanges_line(const Ledger& ledger) {
    Parts ends;
    for (std::size_t i = 0; i < exchange_end_count; ++i) {
        const auto end = static_cast<ExchangeEnd>(i);
        ends.add(ledger.requests_by_end[i], end == ExchangeEnd::capture_end ? "still open" : name_of(end));
    }
    std::string line = counted(ledger.requests_seen, "exchange", "exchanges") + ends.bracketed();
    if (ledger.responses_orphan != 0)
        line += ", " + counted(ledger.responses_orphan, "response", "responses") + " without a request";
    line += ledger.responses_orphan != 0 ? ", in " : " in ";
    append_duration(line, ledger.duration);
    return line;
}

std::string connections_line(const TcpLedger& ledger) {
    Parts ends;
    for (std::size_t i = 0; i < connection_end_count; ++i) {
        const auto end = static_cast<ConnectionEnd>(i);
        ends.add(ledger.connections_by_end[i], end == ConnectionEnd::capture_end ? "still open" : name_of(end));
    }
    std::string line = counted(ledger.connections_seen, "connection", "connections") + ends.bracketed() + " in ";
    append_duration(line, ledger.duration);
    return line;
}

std::string packets_line(const PacketCounts& packets) {
    Parts skipped, dropped;
    skipped.add(packets.skipped_ack, "ack", "acks");
    skipped.add(packets.skipped_body, "inside a body", "inside bodies");
    skipped.add(packets.skipped_not_http, "not HTTP");
    skipped.add(packets.skipped_not_selected, "told elsewhere");
    skipped.add(packets.skipped_not_tcp, "not TCP");
    dropped.add(packets.dropped_ring_full, "because the ring was full");
    dropped.add(packets.dropped_other, "for other reasons");
    const std::uint64_t all_skipped = packets.skipped_ack + packets.skipped_body + packets.skipped_not_http +
                                      packets.skipped_not_selected + packets.skipped_not_tcp;
    return fmt::format("{} seen: {} kept, {} skipped{}, {} dropped{}", counted(packets.seen, "packet", "packets"),
                       grouped(packets.kept), grouped(all_skipped), skipped.bracketed(),
                       grouped(packets.dropped_ring_full + packets.dropped_other), dropped.bracketed());
}

constexpr std::string_view forgotten = "connection forgotten for want of room",
                           forgotten_many = "connections forgotten for want of room";

void add_undecoded(Parts& missed, const CaptureLedger& ledger) {
    missed.add(ledger.segments_malformed, "malformed packet", "malformed packets");
    missed.add(ledger.segments_fragments, "IP fragment", "IP fragments");
}

/// What was seen and not understood, or not seen at all.
void append_missed(std::string& out, const Ledger& ledger) {
    const auto not_decoded = [&](std::uint64_t count, std::string_view what) {
        if (count == 0) return;
        append_line(out, fmt::format("{} {} {} and not decoded", counted(count, "connection", "connections"),
                                     count == 1 ? "was" : "were", what));
    };
    not_decoded(ledger.connections_tls, "TLS");
    not_decoded(ledger.connections_http2, "HTTP/2");
    not_decoded(ledger.connections_other, "not HTTP/1");
    if (ledger.tunnels != 0)
        append_line(out, fmt::format("{} and carried {}",
                                     counted(ledger.tunnels, "connection became a tunnel", "connections became tunnels"),
                                     counted(ledger.tunnel_bytes, "byte", "bytes")));
    not_decoded(ledger.tunnels_websocket, "WebSocket");
    Parts missed;
    missed.add(ledger.packets.dropped_ring_full + ledger.packets.dropped_other, "dropped packet and the exchanges in it",
               "dropped packets and the exchanges in them");
    missed.add(ledger.bytes_gap, "byte that was sent and not seen", "bytes that were sent and not seen");
    add_undecoded(missed, ledger);
    missed.add(ledger.connections_evicted, forgotten, forgotten_many);
    missed.add(ledger.heads_truncated, "head cut short", "heads cut short");
    if (!missed.empty()) append_line(out, "missed: " + missed.text());
}

void append_excluded(std::string& out, const CaptureLedger& ledger) {
    if (ledger.records_delivery == 0) return;
    append_line(out,
                fmt::format("left out {} of what carries this output away; --no-exclude-self tells {} too",
                            counted(ledger.records_delivery, "record", "records"), ledger.records_delivery == 1 ? "it" : "them"));
}

}  // namespace

void append_summary(std::string& out, const Ledger& ledger) {
    append_line(out, exchanges_line(ledger));
    append_line(out, packets_line(ledger.packets));
    append_excluded(out, ledger);
    append_missed(out, ledger);
}

void append_summary(std::string& out, const TcpLedger& ledger) {
    append_line(out, connections_line(ledger));
    append_line(out, packets_line(ledger.packets));
    append_excluded(out, ledger);
    Parts missed;
    missed.add(ledger.packets.dropped_ring_full + ledger.packets.dropped_other, "dropped packet", "dropped packets");
    add_undecoded(missed, ledger);
    missed.add(ledger.connections_by_end[static_cast<std::size_t>(ConnectionEnd::evicted)], forgotten, forgotten_many);
    if (!missed.empty()) append_line(out, "missed: " + missed.text());
}

}  // namespace podsnoop
