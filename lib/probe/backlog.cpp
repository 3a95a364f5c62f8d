#include "probe/backlog.hpp"

#include <array>
#include <utility>

namespace podsnoop {

Result<BacklogProbe> BacklogProbe::open(const Features& features, const BacklogOptions& options) {
    std::string refused;
    const std::array<std::pair<ProbeSource, const Capability*>, 2> mechanisms{
        {{ProbeSource::kprobe, &features.kprobe}, {ProbeSource::fentry, &features.fentry}}};
    for (const auto& [source, capability] : mechanisms) {
        refused += (refused.empty() ? "" : "; ") + std::string(name_of(source)) + ": ";
        if (const Capability* missing = features.missing(*capability)) {
            refused += missing->why;
            continue;
        }
        auto attached = BacklogBpf::attach(source, features, options);
        if (attached) return BacklogProbe(std::move(*attached), source);
        refused += attached.error().line();
    }
    return fail("cannot see queues overflow", "", refused);
}

}  // namespace podsnoop
