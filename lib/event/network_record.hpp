// Who talked to whom, and where that was seen: what all records of the network have in common, and all that
// attribution works on.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/address.hpp"
#include "base/time.hpp"

namespace podsnoop {

/// From which end of a connection it was seen.
enum class Side : std::uint8_t { unknown, client, server, between };
std::string_view name_of(Side side);  ///< "client"; empty for unknown

/// The pod an address belongs to.
struct Pod {
    std::string namespace_name, name, uid, container;  ///< container is empty where unknown
    std::uint64_t identity = 0;  ///< pods told with the same one are told with the same texts; 0: nothing is said of that
};

struct Peer {
    Endpoint endpoint{};
    const Pod* pod = nullptr;  ///< null where unknown; owned by the index it was found in
    std::string comm{};        ///< name of the process that owns the socket, where it is in no pod; empty where unknown
};

/// The Service that a client called, where its address was translated to a pod's (DNAT) behind the capture.
struct Service {
    Endpoint endpoint;  ///< the Service's address and port, as the client sent to
    std::string name;   ///< "namespace/name" and ":port" where it has one; empty where unknown
};

struct NetworkRecord {
    Time time;  ///< when it began
    Side side = Side::unknown;
    std::string interface;           ///< empty where unknown
    std::uint64_t netns = 0;         ///< inode; 0 where unknown
    Peer client, server;             ///< `server` is who answered, behind any Service
    std::optional<Service> service;  ///< nothing where none is known to have been called
    std::uint64_t identity =
        0;  ///< records with the same one were seen in the same place, between the same peers; 0: nothing is said
};

}  // namespace podsnoop
