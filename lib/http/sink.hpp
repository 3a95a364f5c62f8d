// Where exchanges go.
#pragma once

#include "event/exchange.hpp"
#include "event/flow_hint.hpp"
#include "event/packet.hpp"
#include "reassemble/sink.hpp"

namespace podsnoop {

class ExchangeSink {
  public:
    virtual ~ExchangeSink() = default;
    /// Whether a connection's exchanges are to be told where it was seen. Asked when its first message shows who of its
    /// ends is the client. False where the same connection is told from elsewhere.
    [[nodiscard]] virtual bool wants(const ConnectionInfo& connection) const = 0;
    /// A connection that is wanted speaks HTTP: its exchanges follow. Told once.
    virtual void begins(const ConnectionInfo& connection) = 0;
    /// The record is valid during the call. What the tracer cannot know is left to the sink: side, pods, Service.
    virtual void told(Exchange& exchange) = 0;
    /// The interface of an index that a segment carried.
    [[nodiscard]] virtual const Interface& interface(std::uint32_t index) const = 0;
    /// What the capture may do less of from now on.
    virtual void hint(const FlowHint& hint) = 0;
};

}  // namespace podsnoop
