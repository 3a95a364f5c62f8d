// What is known of a network namespace that packets are seen in.
#pragma once

#include <cstdint>
#include <vector>

#include "base/address.hpp"
#include "base/time.hpp"

namespace podsnoop {

struct NamespaceState {
    std::uint64_t netns = 0;         ///< inode
    std::vector<Address> addresses{};  ///< of its interfaces, loopback's included; sorted; empty: it is forgotten
    bool traced = true;              ///< packets of it are seen
    bool whole = true;               ///< on all interfaces: whatever its own addresses send or get is seen there
    Time since{};                    ///< they are seen from here on
    bool node = false;               ///< it is the node's own, in which hostNetwork pods live
};

}  // namespace podsnoop
