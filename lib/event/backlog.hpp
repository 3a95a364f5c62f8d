// Overflows of one listener's queue, as many as there were since its previous record.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/address.hpp"
#include "base/time.hpp"
#include "event/exchange.hpp"
#include "event/probe_source.hpp"

namespace podsnoop {

/// A listening socket and whose it is.
struct Listener {
    Endpoint endpoint;         ///< the address it is bound to, as it is: [::] for all
    std::uint64_t netns = 0;   ///< inode of its network namespace
    std::string cgroup;        ///< of version 2, where the socket was made; empty where unknown
    const Pod* pod = nullptr;  ///< null where unknown or in no pod; owned by the index it was found in
    std::uint32_t pid = 0;     ///< of the process that holds it; 0 where unknown
    std::string comm;          ///< of that process; empty where unknown
};

enum class ListenQueue : std::uint8_t {
    accept,  ///< of connections that wait to be accepted
    syn,     ///< of those half open
};
std::string_view name_of(ListenQueue queue);  ///< "accept"

/// At which packet of the handshake a queue was found full.
enum class HandshakeStage : std::uint8_t { unknown, syn, ack };
std::string_view name_of(HandshakeStage stage);  ///< "syn"; empty for unknown

struct BacklogOverflow {
    Time time;  ///< of the last one counted
    Listener listener;
    ListenQueue queue = ListenQueue::accept;
    std::optional<std::uint32_t> length, limit;  ///< connections, then: it is full when there are more than the limit
    HandshakeStage stage = HandshakeStage::unknown;
    bool cookie = false;      ///< of a SYN queue: the SYN was answered by a cookie all the same
    Endpoint client;          ///< of the last one counted; the address is unknown where the source does not tell
    std::uint64_t count = 0;  ///< since the previous record of this listener, queue and stage
    ProbeSource source = ProbeSource::kprobe;
};

/// A listener's queue as it is now (`backlog --list`).
struct ListenerState {
    Time time;
    Listener listener;
    std::uint32_t length = 0;            ///< connections that wait to be accepted
    std::optional<std::uint32_t> limit;  ///< nothing where the kernel has no inet_diag
    std::optional<std::uint64_t> namespace_overflows;  ///< ListenOverflows of its network namespace
};

}  // namespace podsnoop
