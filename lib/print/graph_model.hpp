// Edges folded to the boxes and arrows of a picture.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "event/edge.hpp"
#include "print/graph.hpp"

namespace podsnoop {

struct GraphNode {
    std::string group;   ///< namespace; empty where it is in no pod
    std::string name;    ///< as it is, not escaped
    std::string detail;  ///< "3 pods"; may be empty
};

struct GraphLink {
    std::size_t from = 0, to = 0;  ///< into the nodes
    std::uint64_t requests = 0, failed = 0;
    double rate = 0;                  ///< 0 where unknown
    std::size_t edges = 0;            ///< that it was made of
    std::optional<Nanoseconds> p99;  ///< of several edges the greatest: theirs together is no greater
};

struct GraphModel {
    static constexpr std::size_t most_links = 100;      ///< the busiest stay
    static constexpr std::size_t most_strangers = 5;    ///< clients of which only an address is known; more are one box

    std::vector<GraphNode> nodes;
    std::vector<GraphLink> links;        ///< the busiest first
    std::uint64_t left_out_requests = 0; ///< of edges that are not shown

    static GraphModel from(std::span<const EdgeRecord> edges, const GraphOptions& options);
};

}  // namespace podsnoop
