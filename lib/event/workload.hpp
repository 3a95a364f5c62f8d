// Whose replica a pod is, as far as its name tells.
#pragma once

#include <string_view>

namespace podsnoop {

/// The name without what Kubernetes appends for each replica: "cart-7d9f8b6c5-x2x4z" (of a Deployment) and "agent-x2x4z"
/// (of a DaemonSet or Job) give "cart" and "agent", "web-0" (of a StatefulSet) gives "web". A guess: only for pictures.
std::string_view workload_of(std::string_view pod_name);

}  // namespace podsnoop
