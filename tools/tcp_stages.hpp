// From segments to connections.
#pragma once

#include <cstdint>
#include <utility>

#include "event/ledger.hpp"
#include "event/tcp.hpp"
#include "say.hpp"
#include "stage_host.hpp"
#include "tcp/tracker.hpp"
#include "tcp_settings.hpp"

namespace podsnoop {

class TcpStages : public ConnectionSink {
  public:
    using Record = TcpConnection;
    using Settings = TcpSettings;
    static constexpr const char* subject = "TCP";

    /// As of HttpStages.
    TcpStages(StageHost<TcpConnection>& host, const TcpSettings& settings, std::uint64_t seed)
        : host_(host), settings_(settings), tracker_(*this, ledger_, settings.limits, seed) {}

    void accept(const Segment& segment, bool skips_bodies) {
        if (skips_bodies && !std::exchange(said_, true))
            say("this capture was made for HTTP: acknowledgments and bodies are not in it, nor what only they tell");
        tracker_.accept(segment);
    }
    void advance(Time time) { tracker_.advance(time); }
    void finish(Time) { tracker_.finish(); }

    /// What ends for want of packets is the same whenever it is looked for.
    [[nodiscard]] bool holds_any() const { return false; }
    [[nodiscard]] bool waits() const { return tracker_.waits(); }
    [[nodiscard]] bool selects(const TcpConnection& connection) const { return settings_.selection.matches(connection); }
    [[nodiscard]] TcpLedger& ledger() { return ledger_; }

    bool begins(TcpConnection& connection, std::uint32_t interface) override {
        const Endpoint &client = connection.client.endpoint, &server = connection.server.endpoint;
        if (!host_.wants(client, server, interface)) return false;
        host_.begins(client, server, interface);
        if (settings_.open) host_.told(connection);
        return true;
    }
    void ended(TcpConnection& connection) override { host_.told(connection); }
    [[nodiscard]] const Interface& interface(std::uint32_t index) const override { return host_.interface(index); }

  private:
    StageHost<TcpConnection>& host_;
    const TcpSettings& settings_;
    TcpLedger ledger_;
    TcpTracker tracker_;
    bool said_ = false;  // what the capture lacks
};

}  // namespace podsnoop
