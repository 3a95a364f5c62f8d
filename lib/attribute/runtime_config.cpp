#include "attribute/runtime_config.hpp"

#include <fmt/format.h>

#include <cstddef>
#include <nlohmann/json.hpp>
#include <utility>

#include "attribute/pod_names.hpp"

namespace podsnoop {

namespace {

using nlohmann::json;

/// The annotations that are read, as they were written.
struct Annotations {
    std::string type, namespace_name, pod_name, uid, container_name;

    /// Where the value of a key goes; null for keys that are not read.
    std::string* of(std::string_view key) {
        // containerd: internal/cri/annotations; its sandbox-uid came with 1.7.
        if (key == "io.kubernetes.cri.container-type") return &type;
        if (key == "io.kubernetes.cri.sandbox-namespace") return &namespace_name;
        if (key == "io.kubernetes.cri.sandbox-name") return &pod_name;
        if (key == "io.kubernetes.cri.sandbox-uid") return &uid;
        if (key == "io.kubernetes.cri.container-name") return &container_name;
        // CRI-O: pkg/annotations. Its ContainerName is the runtime's own name for it.
        if (key == "io.kubernetes.cri-o.ContainerType") return &type;
        if (key == "io.kubernetes.pod.namespace") return &namespace_name;
        if (key == "io.kubernetes.pod.name") return &pod_name;
        if (key == "io.kubernetes.pod.uid") return &uid;
        if (key == "io.kubernetes.container.name") return &container_name;
        return nullptr;
    }
};

/// Takes of the JSON (nlohmann's SAX interface) the texts directly in the top object's "annotations".
class AnnotationReader {
  public:
    explicit AnnotationReader(Annotations& annotations) : annotations_(annotations) {}

    bool key(std::string& key) {
        if (depth_ == 1) in_annotations_ = key == "annotations";
        wanted_ = depth_ == 2 && in_annotations_ ? annotations_.of(key) : nullptr;
        return true;
    }
    bool string(std::string& value) {
        if (wanted_ != nullptr) *wanted_ = std::move(value);
        return other();
    }
    bool start_object(std::size_t) { return enter(); }
    bool start_array(std::size_t) { return enter(); }
    bool end_object() { return leave(); }
    bool end_array() { return leave(); }
    bool null() { return other(); }
    bool boolean(bool) { return other(); }
    bool number_integer(json::number_integer_t) { return other(); }
    bool number_unsigned(json::number_unsigned_t) { return other(); }
    bool number_float(json::number_float_t, const std::string&) { return other(); }
    bool binary(json::binary_t&) { return other(); }
    bool parse_error(std::size_t, const std::string&, const json::exception&) { return false; }

  private:
    bool enter() {
        constexpr std::size_t max_depth = 64;
        wanted_ = nullptr;
        return ++depth_ <= max_depth;
    }
    bool leave() {
        --depth_;
        return true;
    }
    bool other() {
        wanted_ = nullptr;
        return true;
    }

    Annotations& annotations_;
    std::string* wanted_ = nullptr;  // where the next text goes
    std::size_t depth_ = 0;
    bool in_annotations_ = false;
};

}  // namespace

std::optional<RuntimeConfig> read_runtime_config(std::string_view text) {
    Annotations found;
    AnnotationReader reader(found);
    if (!json::sax_parse(text, &reader)) return std::nullopt;
    const bool is_sandbox = found.type == "sandbox";
    if ((!is_sandbox && found.type != "container") || (!is_sandbox && !is_label(found.container_name)) ||
        !is_label(found.namespace_name) || !is_pod_name(found.pod_name))
        return std::nullopt;
    RuntimeConfig config{
        is_sandbox, std::move(found.namespace_name), std::move(found.pod_name), read_pod_uid(found.uid).value_or(""), {}};
    if (!is_sandbox) config.container_name = std::move(found.container_name);
    return config;
}

std::vector<std::string> runtime_config_paths(std::string_view container_id) {
    std::vector<std::string> paths;
    for (const char* state : {"/run/containerd", "/run/k3s/containerd", "/run/k0s/containerd"})
        paths.push_back(fmt::format("{}/io.containerd.runtime.v2.task/k8s.io/{}/config.json", state, container_id));
    paths.push_back(fmt::format("/run/containers/storage/overlay-containers/{}/userdata/config.json", container_id));
    return paths;
}

}  // namespace podsnoop
