// The map as a picture: edges drawn by Graphviz or by what shows Mermaid in Markdown.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "event/edge.hpp"

namespace podsnoop {

enum class Picture : std::uint8_t { dot, mermaid };

struct GraphOptions {
    bool every_pod = false;  ///< else the replicas of a workload are one box
};

/// Appends one picture of the edges. Arrows are as thick as their share of the requests and take their colour from how
/// many failed. What would make it unreadable is folded or left out, and the picture says how much that is. Names may
/// hold anything.
void append_graph(std::string& out, Picture picture, std::span<const EdgeRecord> edges, const GraphOptions& options = {});

}  // namespace podsnoop
