#include "pod_sources.hpp"

#include <memory>
#include <utility>

#include "attribute/kubelet.hpp"
#include "attribute/node_files.hpp"

namespace podsnoop {

PodSources pod_sources(const PodOptions& options) {
    PodSources sources;
    if (!options.pods_file.empty()) {
        sources.named = [file = options.pods_file](std::stop_token) { return read_pods_file(file); };
    } else {
        // std::function wants what can be copied; the kubelet remembers which way worked.
        sources.named = [kubelet = std::make_shared<Kubelet>(options.kubelet)](std::stop_token stop) { return kubelet->pods(stop); };
    }
    sources.found = [root = options.kubelet.root](std::stop_token) { return read_node_files(root); };
    return sources;
}

}  // namespace podsnoop
