// Reads a list of pods in JSON: a kubelet's /pods, or what kubectl get pods -o json printed.
#pragma once

#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "event/pod.hpp"

namespace podsnoop {

/// Fails where the text is not JSON to its end, has no list of items, or has items of which none is a pod; the error's
/// `on` is left to the caller. Items that are no pods (null, without a valid name and namespace, of another kind) are
/// left out, and so is what else can be no such thing: a wrong address, uid, id or port of a pod is as if it were not
/// there. Memory is bounded by what is kept of the pods, of which there are at most 65,536.
Result<std::vector<PodRecord>> parse_pods(std::string_view json, PodSource source);

}  // namespace podsnoop
