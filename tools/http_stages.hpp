// From segments to exchanges: streams, then HTTP.
#pragma once

#include <cstdint>

#include "event/exchange.hpp"
#include "event/ledger.hpp"
#include "http/tracer.hpp"
#include "http_settings.hpp"
#include "reassemble/reassembler.hpp"
#include "stage_host.hpp"

namespace podsnoop {

class HttpStages : public ExchangeSink {
  public:
    using Record = Exchange;
    using Settings = HttpSettings;
    static constexpr const char* subject = "HTTP";

    /// Host and settings must outlive it.
    HttpStages(StageHost<Exchange>& host, const HttpSettings& settings, std::uint64_t seed)
        : host_(host),
          settings_(settings),
          tracer_(*this, ledger_, settings.http),
          reassembler_(tracer_, settings.reassembly, seed) {}

    /// `skips_bodies`: its capture leaves out segments inside bodies.
    void accept(const Segment& segment, bool skips_bodies) {
        reassembler_.filter_skips(skips_bodies);
        reassembler_.accept(segment);
    }
    void advance(Time time) {
        reassembler_.advance(time);
        tracer_.advance(time);
    }
    /// No more segments: what is under way is told.
    void finish(Time time) {
        reassembler_.finish(time);
        ledger_.bytes_gap = reassembler_.counts().gap_bytes;
        ledger_.connections_evicted = reassembler_.counts().evicted;
    }

    /// Whether each step of time can make a difference.
    [[nodiscard]] bool holds_any() const { return reassembler_.holds_any(); }
    /// Whether something becomes due when nothing comes.
    [[nodiscard]] bool waits() const;
    [[nodiscard]] bool selects(const Exchange& exchange) const { return settings_.selection.matches(exchange); }
    [[nodiscard]] Ledger& ledger() { return ledger_; }

    [[nodiscard]] bool wants(const ConnectionInfo& connection) const override {
        return host_.wants(connection.ends[connection.client], connection.ends[other(connection.client)], connection.interface);
    }
    void begins(const ConnectionInfo& connection) override {
        host_.begins(connection.ends[connection.client], connection.ends[other(connection.client)], connection.interface);
    }
    void told(Exchange& exchange) override { host_.told(exchange); }
    void hint(const FlowHint& hint) override { host_.hint(hint); }
    [[nodiscard]] const Interface& interface(std::uint32_t index) const override { return host_.interface(index); }

  private:
    StageHost<Exchange>& host_;
    const HttpSettings& settings_;
    Ledger ledger_;
    HttpTracer tracer_;
    Reassembler reassembler_;
};

inline bool HttpStages::waits() const {
    std::uint64_t told = 0;
    for (const std::uint64_t count : ledger_.requests_by_end) told += count;
    return told != ledger_.requests_seen;
}

}  // namespace podsnoop
