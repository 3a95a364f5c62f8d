#include "attribute/kubelet_pods.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "attribute/pod_item.hpp"

namespace podsnoop {

namespace {

using nlohmann::json;
using namespace std::string_view_literals;  // whose sizes are known, and mostly differ: a file of pods has a hundred keys a pod

// Far above what a pod may have, so that hostile lists end.
constexpr std::size_t max_pods = 65'536, max_containers = 256, max_ports = 256, max_addresses = 16, max_depth = 64;

/// Takes the JSON piece by piece (nlohmann's SAX interface) and keeps of it only what is read of pods: of 64 MiB, a few
/// hundred bytes a pod. A piece is known by its path from the top, such as "items[].status.podIPs[].ip". A pod's author
/// chooses keys only below metadata.annotations and the like, where nothing that is read begins.
class PodListReader {
  public:
    explicit PodListReader(PodSource source) : source_(source) {}

    Result<std::vector<PodRecord>> take(bool whole, std::size_t size) &&;

    bool null() {
        // What Go writes for a list that was never added to.
        if (path_ == "items"sv) has_items_ = true;
        return true;
    }
    bool boolean(bool value) {
        if (field() == "spec.hostNetwork") item_.host_network = value;
        return true;
    }
    bool number_integer(json::number_integer_t) { return true; }  // only negative ones come here
    bool number_unsigned(json::number_unsigned_t value);
    bool number_float(json::number_float_t, const std::string&) { return true; }
    bool string(std::string& value);
    bool binary(json::binary_t&) { return true; }  // not in JSON
    bool start_object(std::size_t);
    bool key(std::string& key);
    bool end_object();
    bool start_array(std::size_t);
    bool end_array() {
        leave();
        return true;
    }
    bool parse_error(std::size_t position, const std::string&, const json::exception&) {
        error_at_ = position;
        return false;
    }

  private:
    /// The path within the item; empty outside of one.
    [[nodiscard]] std::string_view field() const {
        constexpr std::string_view item = "items[].";
        const std::string_view path = path_;
        return path.starts_with(item) ? path.substr(item.size()) : std::string_view();
    }
    bool enter() {
        ends_.push_back(path_.size());
        too_deep_ = ends_.size() > max_depth;
        return !too_deep_;
    }
    void leave() {
        ends_.pop_back();
        path_.resize(ends_.empty() ? 0 : ends_.back());
    }

    PodSource source_;
    std::string path_;
    std::vector<std::size_t> ends_;  // of each object and array around: where its path ends in path_
    PodItem item_;
    std::size_t ports_ = 0;  // of all containers of the item
    PodItem::Kind kind_ = PodItem::Kind::regular;  // of the containers just read
    PodItem::Declared declared_;
    PodItem::Port port_;
    PodItem::Status status_;
    std::vector<PodRecord> pods_;
    std::set<Address> node_addresses_;
    bool has_items_ = false, too_deep_ = false, too_many_ = false;
    std::size_t items_ = 0, error_at_ = 0;
};

bool PodListReader::number_unsigned(json::number_unsigned_t value) {
    const std::string_view at = field();
    const bool is_port = value <= std::numeric_limits<std::uint16_t>::max();
    if (at == "spec.containers[].ports[].containerPort"sv && is_port) port_.container = static_cast<std::uint16_t>(value);
    else if (at == "spec.containers[].ports[].hostPort"sv && is_port) port_.host = static_cast<std::uint16_t>(value);
    else if (at == "status.containers[].state.terminated.exitCode"sv) status_.failed = value != 0;
    return true;
}

bool PodListReader::string(std::string& value) {
    const std::string_view at = field();
    const auto add = [&](std::vector<std::string>& to) {
        if (to.size() < max_addresses) to.push_back(std::move(value));
    };
    if (at.empty()) return true;
    if (at == "kind"sv) item_.kind = std::move(value);
    else if (at == "metadata.name"sv) item_.name = std::move(value);
    else if (at == "metadata.namespace"sv) item_.namespace_name = std::move(value);
    else if (at == "metadata.uid"sv) item_.uid = std::move(value);
    else if (at == "metadata.annotations.kubernetes.io/config.mirror"sv) item_.mirror = std::move(value);
    else if (at == "metadata.deletionTimestamp"sv) item_.deletion_timestamp = std::move(value);
    else if (at == "status.phase"sv) item_.phase = std::move(value);
    else if (at == "status.podIP"sv) item_.pod_ip = std::move(value);
    else if (at == "status.podIPs[].ip"sv) add(item_.pod_ips);
    else if (at == "status.hostIP"sv || at == "status.hostIPs[].ip"sv) add(item_.host_ips);
    else if (at == "status.startTime"sv) item_.start_time = std::move(value);
    else if (at == "spec.containers[].name"sv) declared_.name = std::move(value);
    else if (at == "spec.containers[].restartPolicy"sv) declared_.restart_policy = std::move(value);
    else if (at == "spec.containers[].ports[].protocol"sv) port_.protocol = std::move(value);
    else if (at == "status.containers[].name"sv) status_.name = std::move(value);
    else if (at == "status.containers[].containerID"sv) status_.container_id = std::move(value);
    else if (at == "status.containers[].state.terminated.finishedAt"sv) status_.finished_at = std::move(value);
    return true;
}

bool PodListReader::start_object(std::size_t) {
    if (path_ == "items[]"sv) item_ = {}, ports_ = 0;
    const std::string_view at = field();
    if (at == "spec.containers[]"sv) declared_ = {.kind = kind_, .name = {}, .restart_policy = {}, .ports = {}};
    else if (at == "spec.containers[].ports[]"sv) port_ = {};
    else if (at == "status.containers[]"sv) status_ = {.kind = kind_, .name = {}, .container_id = {}, .finished_at = {}};
    else if (at == "status.containers[].state.terminated"sv) status_.terminated = true;
    return enter();
}

bool PodListReader::key(std::string& key) {
    constexpr std::size_t longest = 64;  // none that is read is longer
    path_.resize(ends_.back());
    const std::string_view at = field();
    std::string_view name = key.size() <= longest ? std::string_view(key) : "?";
    // The three kinds of containers are read alike.
    if ((at == "spec"sv && name == "containers"sv) || (at == "status"sv && name == "containerStatuses"sv))
        kind_ = PodItem::Kind::regular, name = "containers";
    else if ((at == "spec"sv && name == "initContainers"sv) || (at == "status"sv && name == "initContainerStatuses"sv))
        kind_ = PodItem::Kind::init, name = "containers";
    else if ((at == "spec"sv && name == "ephemeralContainers"sv) || (at == "status"sv && name == "ephemeralContainerStatuses"sv))
        kind_ = PodItem::Kind::ephemeral, name = "containers";
    if (!path_.empty()) path_ += '.';
    path_ += name;
    return true;
}

bool PodListReader::end_object() {
    path_.resize(ends_.back());
    const std::string_view at = field();
    if (path_ == "items[]"sv) {
        ++items_;
        for (const std::string& text : item_.host_ips)
            if (const auto address = parse_address(text)) node_addresses_.insert(*address);
        if (auto pod = make_pod(std::move(item_), source_)) pods_.push_back(std::move(*pod));
        too_many_ = pods_.size() > max_pods;
    } else if (at == "spec.containers[]"sv && item_.containers.size() < max_containers) {
        item_.containers.push_back(std::move(declared_));
    } else if (at == "spec.containers[].ports[]"sv && ports_ < max_ports) {
        ++ports_;
        declared_.ports.push_back(std::move(port_));
    } else if (at == "status.containers[]"sv && item_.statuses.size() < max_containers) {
        item_.statuses.push_back(std::move(status_));
    }
    leave();
    return !too_many_;
}

bool PodListReader::start_array(std::size_t) {
    if (path_ == "items"sv) has_items_ = true;
    path_ += "[]";
    return enter();
}

Result<std::vector<PodRecord>> PodListReader::take(bool whole, std::size_t size) && {
    const auto refuse = [](std::string why, std::string hint = {}) {
        return fail("cannot read the list of pods", {}, std::move(why), std::move(hint));
    };
    if (too_deep_) return refuse("it is nested too deeply");
    if (too_many_) return refuse("it has more than " + std::to_string(max_pods) + " pods");
    if (!whole)
        return refuse(error_at_ > size ? "it ends after " + std::to_string(size) + " bytes, in the middle"
                                       : "it is not JSON from byte " + std::to_string(error_at_) + " on");
    const std::string hint = "it is what a kubelet's /pods answers, or kubectl get pods -o json";
    if (!has_items_) return refuse("it has no items", hint);
    if (pods_.empty() && items_ > 0) return refuse("none of its items is a pod", hint);
    // Items cut down to metadata and status do not say hostNetwork, but have their node's address.
    for (PodRecord& pod : pods_) {
        if (std::ranges::none_of(pod.addresses, [&](const Address& a) { return node_addresses_.contains(a); })) continue;
        pod.host_network = true;
        pod.addresses.clear();
    }
    return std::move(pods_);
}

}  // namespace

Result<std::vector<PodRecord>> parse_pods(std::string_view json_text, PodSource source) {
    PodListReader reader(source);
    const bool whole = json::sax_parse(json_text.begin(), json_text.end(), &reader);
    return std::move(reader).take(whole, json_text.size());
}

}  // namespace podsnoop
