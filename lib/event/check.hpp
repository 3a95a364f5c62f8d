// One thing that podsnoop needs of this node, as podsnoop check tells it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace podsnoop {

enum class CheckState : std::uint8_t {
    ok,
    degraded,  ///< something else does instead, or a part of it is missing
    missing,
};
std::string_view name_of(CheckState state);  ///< as in the JSON

/// The commands that read packets, and those that tell of pods.
inline const std::vector<std::string> packet_commands{"http", "tcp", "red", "map"};
inline const std::vector<std::string> pod_commands{"http", "tcp", "red", "map", "oom", "backlog", "pods"};

struct CheckRecord {
    std::string name{};    ///< a word of ours: "packet-filter", "CAP_BPF"
    CheckState state = CheckState::missing;
    std::string detail{};  ///< what there is, or why there is not
    std::string hint{};    ///< what to do about it; empty where there is nothing to do
    std::vector<std::string> needed_for{};  ///< commands that are the better for it
};

}  // namespace podsnoop
