// Giving up what the program needs only to start.
#pragma once

#include "base/result.hpp"

namespace podsnoop {

/// What tracing may still need once its sockets are open.
struct Needs {
    bool probes = false;      ///< let go of probes, and read their maps
    bool sockets = false;     ///< open a socket again on an interface that comes back
    bool namespaces = false;  ///< in a network namespace it has to enter for that
    bool processes = false;   ///< open the namespaces of processes that come
    bool owners = false;      ///< see which sockets others' processes hold
    bool pods = false;        ///< ask the kubelet and the node's files for pods
    bool files = false;       ///< make further capture files where only their owner may
};

/// The calling thread gives up every capability and system call that `needs` does not call for, for good; see
/// keep_capabilities() and keep_system_calls(). The threads that look at pods and sockets have given up theirs.
Result<void> drop_privileges(const Needs& needs);

}  // namespace podsnoop
