// Reads a list of pods in JSON: a kubelet's /pods, or what kubectl get pods -o json printed.
#pragma once

#include <memory>
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

/// The same of a text that comes in pieces, of which none is kept. Where it tells the same pods as `last`, which is mostly so,
/// that is the list; and as long as it does, no other is made.
class PodListParser {
  public:
    explicit PodListParser(PodSource source, PodList last = {});
    PodListParser(const PodListParser&) = delete;
    PodListParser& operator=(const PodListParser&) = delete;
    ~PodListParser();

    void put(std::string_view piece);
    /// What all the pieces are together.
    Result<PodList> finish() &&;

  private:
    struct Parsing;
    std::unique_ptr<Parsing> parsing_;
};

}  // namespace podsnoop
