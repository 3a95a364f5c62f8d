// What the stages that make records of segments are told, and tell, by the session they are in.
#pragma once

#include <cstdint>

#include "base/address.hpp"
#include "event/flow_hint.hpp"
#include "event/packet.hpp"

namespace podsnoop {

template <class Record>
class StageHost {
  public:
    virtual ~StageHost() = default;

    /// Whether records of a connection are to be told where it was seen. False where the same one is told from elsewhere.
    [[nodiscard]] virtual bool wants(const Endpoint& client, const Endpoint& server, std::uint32_t interface) const = 0;
    /// Records of a connection that is wanted follow. Told once: whose it is will be asked for.
    virtual void begins(const Endpoint& client, const Endpoint& server, std::uint32_t interface) = 0;
    /// The record is valid during the call. Side, pods and Service are left to the session.
    virtual void told(Record& record) = 0;
    /// The interface of an index that a segment carried.
    [[nodiscard]] virtual const Interface& interface(std::uint32_t index) const = 0;
    /// What the capture may do less of from now on.
    virtual void hint(const FlowHint& hint) = 0;
};

}  // namespace podsnoop
