#include "attribute/cgroup_path.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "attribute/pod_names.hpp"

namespace podsnoop {

namespace {

/// What stands before the first `separator`, or all of it; `text` keeps what is behind.
std::string_view take_until(std::string_view& text, char separator) {
    const std::size_t end = std::min(text.find(separator), text.size());
    const std::string_view part = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return part;
}

bool take_suffix(std::string_view& text, std::string_view suffix) {
    if (!text.ends_with(suffix)) return false;
    text.remove_suffix(suffix.size());
    return true;
}

/// Where the cgroupfs driver puts pods: in "kubepods" (guaranteed ones) or a class of service's folder in it. Seen
/// from another cgroup namespace, the upper of these may be told as "..".
class PodParent {
  public:
    /// Tells the next component on the way down.
    void enter(std::string_view name) {
        const bool in_root = at_ == Place::root || at_ == Place::above;
        if (name == "kubepods") at_ = Place::root;
        else if (name == "..") at_ = Place::above;
        else if (in_root && (name == "burstable" || name == "besteffort")) at_ = Place::service_class;
        else at_ = Place::elsewhere;
    }
    [[nodiscard]] bool holds_pods() const { return at_ != Place::elsewhere; }

  private:
    enum class Place { elsewhere, above, root, service_class };
    Place at_ = Place::elsewhere;
};

/// The uid in the systemd driver's "kubepods-burstable-pod6f25f8b8_66b3_….slice". A kubelet with a cgroup root of its
/// own puts that first: kind's are "kubelet-kubepods-…".
std::optional<std::string> uid_of_slice(std::string_view name) {
    if (!take_suffix(name, ".slice")) return std::nullopt;
    const std::size_t pod = name.rfind("-pod");
    if (pod == std::string_view::npos) return std::nullopt;
    std::string_view parent = name.substr(0, pod);
    if (!take_suffix(parent, "-burstable")) take_suffix(parent, "-besteffort");
    if (parent != "kubepods" && !parent.ends_with("-kubepods")) return std::nullopt;
    return read_pod_uid(name.substr(pod + 4));
}

/// CRI-O's "crio-conmon-ID" is its monitor of a container, in a cgroup beside it.
constexpr std::string_view monitor = "conmon";

/// The id in "ID", "crio-ID", "cri-containerd-ID.scope": a runtime may put its name before it, and systemd's unit type
/// stands behind it.
std::string container_in(std::string_view name) {
    constexpr std::size_t digits = 64;
    take_suffix(name, ".scope");
    if (name.size() < digits || !is_container_id(name.substr(name.size() - digits))) return {};
    std::string_view runtime = name.substr(0, name.size() - digits);
    if (!runtime.empty() && (!take_suffix(runtime, "-") || runtime.ends_with(monitor))) return {};
    return std::string(name.substr(name.size() - digits));
}

/// "SLICE:cri-containerd:ID": how a runtime without systemd names the cgroup that a kubelet with systemd asks for.
std::optional<CgroupOwner> read_unsplit(std::string_view name) {
    const std::string_view slice = take_until(name, ':');
    const std::string_view runtime = take_until(name, ':');
    auto uid = uid_of_slice(slice);
    if (!uid || runtime.empty() || name.empty()) return std::nullopt;
    const bool is_container = is_container_id(name) && !runtime.ends_with(monitor);
    return CgroupOwner{std::move(*uid), is_container ? std::string(name) : std::string()};
}

}  // namespace

std::optional<CgroupOwner> take_cgroup_owner(std::string_view& path) {
    // The kernel says so of what a process that is not reaped yet was in (cgroup v2, proc_cgroup_show()).
    take_suffix(path, " (deleted)");
    PodParent parent;
    while (!path.empty()) {
        const std::string_view name = take_until(path, '/');
        if (name.empty()) continue;  // before the first slash
        if (auto owner = read_unsplit(name)) return owner;
        auto uid = uid_of_slice(name);
        if (!uid && parent.holds_pods() && name.starts_with("pod")) uid = read_pod_uid(name.substr(3));
        if (uid) {
            std::string_view below = path;
            return CgroupOwner{std::move(*uid), container_in(take_until(below, '/'))};
        }
        parent.enter(name);
    }
    return std::nullopt;
}

std::optional<CgroupOwner> read_cgroup_path(std::string_view path) { return take_cgroup_owner(path); }

std::string_view cgroup_of(std::string_view proc_pid_cgroup) {
    std::string_view first, unified, of_pod;
    std::optional<CgroupOwner> owner;
    while (!proc_pid_cgroup.empty()) {
        // "4:memory:/path", "0::/path"; a path may have colons (cgroups(7)), but no line feed (cgroup_mkdir()).
        std::string_view path = take_until(proc_pid_cgroup, '\n');
        const std::string_view hierarchy = take_until(path, ':');
        take_until(path, ':');
        if (!path.starts_with('/')) continue;
        if (first.empty()) first = path;
        if (hierarchy == "0") unified = path;
        auto found = read_cgroup_path(path);
        if (!found) continue;
        const bool says_more = !owner || (owner->container_id.empty() && !found->container_id.empty());
        if (owner && (owner->uid != found->uid ||
                      (!says_more && !found->container_id.empty() && owner->container_id != found->container_id)))
            return {};
        if (!says_more) continue;
        of_pod = path;
        owner = std::move(found);
    }
    return !of_pod.empty() ? of_pod : !unified.empty() ? unified : first;
}

}  // namespace podsnoop
