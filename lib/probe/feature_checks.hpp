// What podsnoop check tells of the kernel's means for probes.
#pragma once

#include <vector>

#include "event/check.hpp"
#include "probe/features.hpp"

namespace podsnoop {

/// A record each. Whatever another mechanism does instead is degraded where that works. Pure.
std::vector<CheckRecord> check_features(const Features& features);

}  // namespace podsnoop
