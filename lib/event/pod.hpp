// One pod of this node, as podsnoop pods tells it and as addresses, namespaces and cgroups are looked up in.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/address.hpp"
#include "base/time.hpp"

namespace podsnoop {

/// Where what is known of a pod comes from.
enum class PodSource : std::uint8_t {
    kubelet,     ///< its /pods
    node_files,  ///< /var/log/pods, cgroups, /proc, a container runtime's state
    file,        ///< a saved /pods answer (--pods), or a capture file
};
std::string_view name_of(PodSource source);  ///< as in the JSON: "node-files"

/// A container of a pod; init and ephemeral containers too.
struct PodContainer {
    std::string name{};                  ///< empty where unknown
    std::string id{};                    ///< without the runtime's scheme: mostly 64 hex digits; empty where there is none yet
    std::uint32_t pid = 0;             ///< its first process in the namespace of podsnoop's /proc; 0 where unknown or gone
    std::vector<std::uint16_t> ports{};  ///< TCP ports it declares
    bool ended = false;                ///< an init or ephemeral container that is done and will not run again

    bool operator==(const PodContainer&) const = default;
};

struct PodRecord {
    std::string namespace_name{}, name{};
    std::string uid{};    ///< with dashes; of a static pod its 32 hex digits, as in its cgroup's name
    std::string phase{};  ///< "Running"; empty where unknown
    bool host_network = false;
    bool terminating = false;               ///< has a deletionTimestamp
    std::vector<Address> addresses{};         ///< of its own; empty for hostNetwork and where it has none yet
    std::vector<std::uint16_t> host_ports{};  ///< TCP ports of the node that lead to it
    std::uint64_t netns = 0;                ///< inode of its network namespace; 0 where unknown
    std::string cgroup{};                     ///< below the cgroup mount: "/kubepods/burstable/pod…"; empty where unknown
    std::string interface{};                  ///< the node's end of its veth; empty where unknown or hostNetwork
    std::vector<PodContainer> containers{};
    Time started{};   ///< when its kubelet took it up, before it had an address; 1970 where unknown. Whole seconds
    Time finished{};  ///< of a Failed or Succeeded one, when its last container ended; 1970 where unknown. Whole seconds
    PodSource source = PodSource::node_files;

    bool operator==(const PodRecord&) const = default;
};

/// Pods as they were known at one time. Several keep such a list for as long as it is the last: a copy of it is the same list,
/// and takes no memory. It may be read in several threads.
class PodList {
  public:
    PodList() = default;
    explicit PodList(std::vector<PodRecord> pods) : pods_(std::make_shared<const std::vector<PodRecord>>(std::move(pods))) {}
    PodList(std::initializer_list<PodRecord> pods) : PodList(std::vector<PodRecord>(pods)) {}

    [[nodiscard]] auto begin() const noexcept { return all().begin(); }
    [[nodiscard]] auto end() const noexcept { return all().end(); }
    [[nodiscard]] bool empty() const noexcept { return all().empty(); }
    [[nodiscard]] std::size_t size() const noexcept { return all().size(); }
    const PodRecord& operator[](std::size_t index) const noexcept { return all()[index]; }

  private:
    [[nodiscard]] std::span<const PodRecord> all() const noexcept {
        return pods_ ? std::span<const PodRecord>(*pods_) : std::span<const PodRecord>();
    }

    std::shared_ptr<const std::vector<PodRecord>> pods_;  // null where it is empty
};

}  // namespace podsnoop
