// Where exchanges go.
#pragma once

#include "event/exchange.hpp"
#include "event/flow_hint.hpp"
#include "event/packet.hpp"

namespace podsnoop {

class ExchangeSink {
  public:
    virtual ~ExchangeSink() = default;
    /// The record is valid during the call.
    virtual void told(const Exchange& exchange) = 0;
    /// The interface of an index that a segment carried.
    [[nodiscard]] virtual const Interface& interface(std::uint32_t index) const = 0;
    /// What the capture may do less of from now on.
    virtual void hint(const FlowHint& hint) = 0;
};

}  // namespace podsnoop
