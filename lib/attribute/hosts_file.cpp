#include "attribute/hosts_file.hpp"

#include <algorithm>
#include <cstddef>

namespace podsnoop {

namespace {

constexpr std::string_view own_network = "# Kubernetes-managed hosts file.";
constexpr std::string_view nodes_network = "# Kubernetes-managed hosts file (host network).";

/// Of the lines that the kubelet puts above the pod's addresses: "127.0.0.1\tlocalhost", "fe00::0\tip6-localnet".
bool is_fixed(std::string_view names) { return names.starts_with("localhost") || names.starts_with("ip6-"); }

std::string_view take_line(std::string_view& text) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return line;
}

}  // namespace

std::optional<HostsFile> read_hosts_file(std::string_view text) {
    const std::string_view first = take_line(text);
    if (first == nodes_network) return HostsFile{.host_network = true, .addresses = {}};
    if (first != own_network) return std::nullopt;
    HostsFile file;
    std::string_view pods_names;
    // A line an address, "10.244.0.7\tcart-7d9f"; then nothing, or an empty line and the pod's own hostAliases.
    while (!text.empty()) {
        const std::string_view line = take_line(text);
        if (line.empty()) break;
        const std::size_t tab = line.find('\t');
        const auto address = parse_address(line.substr(0, std::min(tab, line.size())));
        if (tab == std::string_view::npos || !address) return std::nullopt;
        const std::string_view names = line.substr(tab + 1);
        if (file.addresses.empty() && is_fixed(names)) continue;
        const auto same_family = [&](const Address& other) { return other.family == address->family; };
        const bool is_first = file.addresses.empty();
        if ((!is_first && names != pods_names) || std::ranges::any_of(file.addresses, same_family)) return std::nullopt;
        pods_names = names;
        file.addresses.push_back(*address);
    }
    return file;
}

}  // namespace podsnoop
