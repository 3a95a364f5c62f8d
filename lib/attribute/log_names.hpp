// The names under /var/log/pods and /var/log/containers, which say whose logs they are: on a node without anything
// else to ask they are where a uid gets its name.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace podsnoop {

struct PodLogFolder {
    std::string namespace_name, pod_name;
    std::string uid;  ///< as in PodRecord
};

/// "shop_cart-7d9f_6f25f8b8-66b3-4d6a-9c1c-0d1f8a1b2c3d" (kubelet's BuildPodLogsDirectory). Nothing where any part can
/// be no such name: there are no underscores in names.
std::optional<PodLogFolder> read_pod_log_folder(std::string_view name);

struct ContainerLog {
    std::string pod_name, namespace_name, container_name;
    std::string container_id;
};

/// "cart-7d9f_shop_app-64 hex digits.log" (kubelet's LogSymlink). It cuts long names at 251 bytes before ".log", and
/// the id with them: nothing then.
std::optional<ContainerLog> read_container_log(std::string_view name);

}  // namespace podsnoop
