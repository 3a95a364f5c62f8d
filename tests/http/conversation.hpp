// A TCP conversation made in memory: segments as a capture would decode them, and the exchanges that come out.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "event/exchange.hpp"
#include "event/ledger.hpp"
#include "event/packet.hpp"
#include "event/segment.hpp"
#include "http/tracer.hpp"
#include "reassemble/reassembler.hpp"

namespace podsnoop::test {

/// Collects exchanges as the short lines that transcripts expect.
class Collector : public ExchangeSink {
  public:
    bool wants(const ConnectionInfo&) const override { return !elsewhere; }
    void begins(const ConnectionInfo&) override { ++begun; }
    void told(Exchange& exchange) override;
    void hint(const FlowHint& hint) override { hints.push_back(hint); }
    const Interface& interface(std::uint32_t) const override { return interface_; }

    std::vector<std::string> lines;
    std::vector<Exchange> exchanges;
    std::vector<FlowHint> hints;
    unsigned begun = 0;      ///< connections
    bool elsewhere = false;  ///< whether connections are told from elsewhere

  private:
    Interface interface_{"eth0", 42};
};

/// "GET /a 200 body 0/5 complete pipelined": method, target, status, body lengths, end, flags; "-" where a half
/// was not seen.
std::string line_of(const Exchange& exchange);

/// Feeds segments of conversations to a reassembler and a tracer, one millisecond after another.
class Conversation {
  public:
    enum Side { client = 0, server = 1 };

    explicit Conversation(HttpOptions options = {}, bool filter_skips = false, ReassemblyLimits limits = {});

    void open();                                         ///< SYN, SYN-ACK, ACK
    void send(Side from, std::string_view bytes);        ///< one segment
    void lose(Side from, std::size_t bytes);             ///< sent, and not captured
    void send_cut(Side from, std::string_view bytes, std::size_t captured);  ///< captured in part
    void fin(Side from);
    void reset(Side from);
    void segment(Segment segment);                       ///< any segment, at the present time
    Segment make(Side from, std::string_view bytes);     ///< what send() would send; moves the sequence number
    void wait(Nanoseconds time);
    void pass(Nanoseconds time) { now_ += time; }        ///< as wait(), and nothing is looked after
    void finish();                                       ///< capture ends

    Collector collector;
    Ledger ledger;
    std::uint32_t next[2] = {1'000, 4'294'967'000};  ///< the server's wraps soon
    std::uint16_t client_port = 40000;

  private:
    HttpTracer tracer_;
    Reassembler reassembler_;
    Time now_{Nanoseconds{1'000'000'000'000'000'000}};
};

}  // namespace podsnoop::test
