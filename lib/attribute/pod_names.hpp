// What Kubernetes lets pods, namespaces, uids and container ids look like. Sources are read with these: a text that can
// be no such name is none, whoever says so.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace podsnoop {

/// RFC 1123 subdomain of at most 253 characters: "web-7d9f-x2x", "coredns.v2".
bool is_pod_name(std::string_view text);
/// RFC 1123 label of at most 63 characters; containers are named so, too.
bool is_label(std::string_view text);
/// "6f25f8b8-66b3-4d6a-9c1c-0d1f8a1b2c3d", with underscores in systemd's names, or a static pod's 32 hex digits.
/// Gives it as the API tells it, with dashes. Lower case only, as the kubelet and the API server make them.
std::optional<std::string> read_pod_uid(std::string_view text);
/// 64 lower-case hex digits, as containerd, CRI-O and docker make them.
bool is_container_id(std::string_view text);

}  // namespace podsnoop
