// What must be true of every exchange and of the ledger, whatever the packets were.
#pragma once

#include <algorithm>
#include <numeric>
#include <string>
#include <vector>

#include "base/letters.hpp"
#include "event/exchange.hpp"
#include "event/ledger.hpp"
#include "event/packet.hpp"
#include "fuzz.hpp"
#include "http/options.hpp"
#include "http/sink.hpp"

namespace podsnoop::fuzz {

inline void check_message(const Message& message, const HttpOptions& options) {
    must(message.version_minor <= 9, "a version is HTTP/1.x");
    must(message.head_bytes != 0, "a message has a head");
    must(message.body_preview.size() <= options.body_preview, "a preview is as long as was asked for");
    must(message.body_preview.size() <= message.body_bytes, "a preview is part of the body");
    must(!options.headers.empty() || message.headers.empty(), "no header is kept that was not asked for");
}

inline void check_exchange(const Exchange& exchange, const HttpOptions& options) {
    const Request& request = exchange.request;
    const Response& response = exchange.response;
    must(request.seen || response.seen, "an exchange has a half that was seen");
    if (request.seen) {
        check_message(request, options);
        must(!request.method.empty() && std::ranges::all_of(request.method, is_token_char), "a method is a token");
        must(request.target.find('\n') == std::string::npos, "a target is on one line");
    }
    if (response.seen) {
        check_message(response, options);
        must(response.status >= 100 && response.status <= 999 && (response.status >= 200 || response.status == 101),
             "a status is that of a final response");
    }
    const Latency& latency = exchange.latency;
    for (const auto& phase : {latency.connect, latency.request, latency.wait, latency.response, latency.total})
        must(!phase || *phase >= Nanoseconds{0}, "no phase is negative");
    must(!latency.request || request.seen, "a request that was not seen takes no time");
    must(!latency.response || response.seen, "a response that was not seen takes no time");
    if (exchange.end == ExchangeEnd::complete) {
        must(response.seen && latency.response.has_value(), "a complete exchange has a whole response");
        must(!request.seen || latency.total.has_value(), "a complete exchange has a total");
    }
    must(exchange.end != ExchangeEnd::timeout || !response.seen, "who timed out has no answer");
    must(exchange.client.endpoint != exchange.server.endpoint, "the two ends differ");
}

inline std::uint64_t requests_ended(const Ledger& ledger) {
    return std::accumulate(ledger.requests_by_end.begin(), ledger.requests_by_end.end(), std::uint64_t{0});
}

/// Keeps what is told, after checking it.
class CheckedExchanges : public ExchangeSink {
  public:
    explicit CheckedExchanges(const HttpOptions& options) : options_(options) {}

    bool wants(const ConnectionInfo&) const override { return true; }
    void begins(const ConnectionInfo&) override {}
    void told(Exchange& exchange) override {
        check_exchange(exchange, options_);
        exchanges.push_back(exchange);
    }
    const Interface& interface(std::uint32_t) const override { return interface_; }
    void hint(const FlowHint& hint) override {
        must(hint.source != hint.destination, "a hint is of a direction");
        must(hint.kind != FlowHint::Kind::body || hint.length != 0, "a hint of a body leaves something out");
    }

    std::vector<Exchange> exchanges;

  private:
    const HttpOptions& options_;
    Interface interface_{"eth0", 42};
};

/// At the end of all: every request seen was told, or counted as one for which there was no room.
inline void check_ledger(const Ledger& ledger, const std::vector<Exchange>& exchanges) {
    const auto told = [&](ExchangeEnd end) {
        return static_cast<std::uint64_t>(
            std::ranges::count_if(exchanges, [&](const Exchange& e) { return e.request.seen && e.end == end; }));
    };
    must(ledger.requests_seen == requests_ended(ledger), "every request seen has its end counted");
    for (std::size_t end = 0; end < exchange_end_count; ++end) {
        const std::uint64_t count = told(static_cast<ExchangeEnd>(end));
        const bool no_room = static_cast<ExchangeEnd>(end) == ExchangeEnd::evicted;
        must(no_room ? count <= ledger.requests_by_end[end] : count == ledger.requests_by_end[end], "what is counted was told");
    }
    const auto orphans =
        static_cast<std::uint64_t>(std::ranges::count_if(exchanges, [](const Exchange& e) { return !e.request.seen; }));
    must(orphans <= ledger.responses_orphan, "what is told without a request is counted so");
}

}  // namespace podsnoop::fuzz
