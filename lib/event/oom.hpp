// One OOM kill: who was killed, who asked for the memory that was not there, and whose limit that was.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.hpp"
#include "event/exchange.hpp"
#include "event/probe_source.hpp"

namespace podsnoop {

/// Where memory ran out.
enum class OomScope : std::uint8_t { unknown, cgroup, node };
std::string_view name_of(OomScope scope);  ///< "cgroup"; empty for unknown

/// A process, named when the kernel still had it.
struct OomTask {
    std::uint32_t pid = 0;     ///< in the initial pid namespace; 0 where unknown
    std::string comm;          ///< at most 15 bytes, any of them; empty where unknown
    std::string cgroup;        ///< below the mount of the memory controller; empty where unknown
    const Pod* pod = nullptr;  ///< null where unknown or in no pod; owned by the index it was found in
};

struct OomVictim : OomTask {
    std::optional<std::uint32_t> uid;  ///< in the initial user namespace
    std::optional<std::uint64_t> total_vm_bytes, anon_rss_bytes, file_rss_bytes, shmem_rss_bytes, pgtables_bytes;
    std::optional<std::int32_t> oom_score_adj;  ///< -1000 to 1000
};

/// The cgroup whose limit was hit, as it was before the kill.
struct OomLimit {
    std::string cgroup;  ///< empty where unknown
    const Pod* pod = nullptr;
    std::optional<std::uint64_t> bytes, usage_bytes;
};

struct OomKill {
    Time time;  ///< when the kernel decided to kill; the same for all victims of a group
    OomVictim victim;
    OomTask trigger;
    OomScope scope = OomScope::unknown;
    std::optional<OomLimit> limit;  ///< of a cgroup only
    std::string group;              ///< cgroup that was killed as a whole (memory.oom.group); empty where it was one process
    ProbeSource source = ProbeSource::kprobe;
};

}  // namespace podsnoop
