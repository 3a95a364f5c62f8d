#include "attribute/log_names.hpp"

#include <array>
#include <cstddef>
#include <utility>

#include "attribute/pod_names.hpp"

namespace podsnoop {

namespace {

/// Three parts with underscores between; nothing where there are more or fewer.
std::optional<std::array<std::string_view, 3>> split(std::string_view name) {
    const std::size_t first = name.find('_'), last = name.rfind('_');
    if (first == last || first == std::string_view::npos) return std::nullopt;
    const std::array parts{name.substr(0, first), name.substr(first + 1, last - first - 1), name.substr(last + 1)};
    if (parts[1].contains('_')) return std::nullopt;
    return parts;
}

}  // namespace

std::optional<PodLogFolder> read_pod_log_folder(std::string_view name) {
    const auto parts = split(name);
    if (!parts) return std::nullopt;
    const auto [namespace_name, pod_name, uid_text] = *parts;
    auto uid = read_pod_uid(uid_text);
    if (!uid || *uid != uid_text || !is_label(namespace_name) || !is_pod_name(pod_name)) return std::nullopt;
    return PodLogFolder{std::string(namespace_name), std::string(pod_name), std::move(*uid)};
}

std::optional<ContainerLog> read_container_log(std::string_view name) {
    constexpr std::string_view suffix = ".log";
    constexpr std::size_t id_length = 64;
    if (!name.ends_with(suffix)) return std::nullopt;
    name.remove_suffix(suffix.size());
    const auto parts = split(name);
    if (!parts) return std::nullopt;
    const auto [pod_name, namespace_name, container] = *parts;
    const std::size_t hyphen = container.rfind('-');
    if (hyphen == std::string_view::npos || container.size() - hyphen - 1 != id_length) return std::nullopt;
    const std::string_view container_name = container.substr(0, hyphen), id = container.substr(hyphen + 1);
    if (!is_pod_name(pod_name) || !is_label(namespace_name) || !is_label(container_name) || !is_container_id(id))
        return std::nullopt;
    return ContainerLog{std::string(pod_name), std::string(namespace_name), std::string(container_name), std::string(id)};
}

}  // namespace podsnoop
