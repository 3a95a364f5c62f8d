// Where connections go.
#pragma once

#include <cstdint>

#include "event/packet.hpp"
#include "event/tcp.hpp"

namespace podsnoop {

class ConnectionSink {
  public:
    virtual ~ConnectionSink() = default;
    /// A connection begins, or was open already, as an interface of this index shows. The record is valid during the call,
    /// and `open`. False: the same one is told from elsewhere; it will not be told here.
    virtual bool begins(TcpConnection& connection, std::uint32_t interface) = 0;
    /// It ended. What cannot be known from segments is left to the sink: side, pods, Service.
    virtual void ended(TcpConnection& connection) = 0;
    /// The interface of an index that a segment carried.
    [[nodiscard]] virtual const Interface& interface(std::uint32_t index) const = 0;
};

}  // namespace podsnoop
