// One item of a list of pods as it was written, and what it says once it is whole: its keys may come in any order.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "event/pod.hpp"

namespace podsnoop {

/// What is read of a Pod object (core/v1). Texts are as they were written, empty where they were not.
struct PodItem {
    enum class Kind : std::uint8_t { regular, init, ephemeral };
    struct Port {
        std::uint16_t container = 0, host = 0;  ///< 0 where there is none
        std::string protocol;                   ///< empty means TCP
    };
    struct Declared {  ///< of spec
        Kind kind = Kind::regular;
        std::string name, restart_policy;
        std::vector<Port> ports;
    };
    struct Status {  ///< of status
        Kind kind = Kind::regular;
        std::string name, container_id;
        bool terminated = false;  ///< its state, not its last one
        bool failed = false;      ///< terminated, with another exit code than 0
        std::string finished_at;
    };

    std::string kind, name, namespace_name, uid, mirror, deletion_timestamp;
    std::string phase, pod_ip, start_time;
    std::vector<std::string> pod_ips, host_ips;
    bool host_network = false;
    std::vector<Declared> containers;
    std::vector<Status> statuses;
};

/// Nothing where it can be no pod. host_ips are left to the caller: they tell of the node.
std::optional<PodRecord> make_pod(PodItem item, PodSource source);

}  // namespace podsnoop
