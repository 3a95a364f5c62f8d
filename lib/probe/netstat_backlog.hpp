// Overflows as far as they can be told without any probe: each namespace counts them, and each listener's queue has a
// length. Pure: it is given what was read.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "event/backlog.hpp"

namespace podsnoop {

/// What one look at a network namespace gave.
struct NamespaceLook {
    std::uint64_t netns = 0;      ///< inode
    std::uint64_t overflows = 0;  ///< ListenOverflows since it was made
    std::vector<ListenerState> listeners;
};

class NetstatBacklog {
  public:
    /// Compares with the last look at the same namespaces, and appends a record of each that counted more since. Its
    /// listener is named where just one has a queue that is full, or had in the last look; else only the namespace is.
    /// A namespace that was not there before had no overflows before.
    void take(Time now, std::span<const NamespaceLook> looks, std::vector<BacklogOverflow>& overflows);

  private:
    struct Before {
        std::uint64_t overflows = 0;
        std::vector<ListenerState> full;
        std::uint64_t round = 0;  ///< of the last look at it
    };
    std::map<std::uint64_t, Before> before_;
    std::uint64_t round_ = 0;
};

}  // namespace podsnoop
