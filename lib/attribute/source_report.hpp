// What became of one way to learn of the pods, for people who ask why there are no names.
#pragma once

#include <string>

namespace podsnoop {

struct SourceReport {
    std::string source;  ///< "https://127.0.0.1:10250/pods with kubeadm's client certificate"
    bool ok = false;
    std::string detail;  ///< how many pods, or why not
    std::string hint;    ///< what to do about it; may be empty
};

}  // namespace podsnoop
