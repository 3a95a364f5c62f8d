#include "pod_options.hpp"

#include <cstdlib>
#include <string_view>
#include <vector>

#include "options.hpp"

namespace podsnoop {

namespace {

/// A folder as a prefix of absolute paths: "/host/" is "/host", and "/" is nothing.
Result<std::string> parse_root(std::string_view text) {
    if (!text.starts_with('/')) return fail("not a root directory", std::string(text), "it must be an absolute path");
    return std::string(text.substr(0, text.find_last_not_of('/') + 1));
}

/// Where a pod is told its node's address, by its manifest's author. Anything else there says nothing.
std::vector<Address> addresses_in_environment() {
    std::vector<Address> found;
    for (const char* name : {"NODE_IP", "HOST_IP"}) {
        const char* text = std::getenv(name);
        if (const auto address = parse_address(text != nullptr ? text : "")) found.push_back(*address);
    }
    return found;
}

}  // namespace

void add_pod_options(CLI::App& app, PodOptions& options) {
    const std::string group(pod_options_group);
    KubeletOptions& kubelet = options.kubelet;
    kubelet.node_addresses = addresses_in_environment();
    const auto parse_url = [](std::string_view text) -> Result<std::optional<KubeletUrl>> {
        auto url = parse_kubelet_url(text);
        if (!url) return std::unexpected(url.error());
        return *url;
    };
    CLI::Option* pods =
        add_parsed(app, "--pods", options.pods_file, parse_name, "FILE", "a saved answer of a kubelet's /pods instead");
    pods->group(group);
    const auto add = [&](CLI::Option* option) {
        option->excludes(pods)->group(group);
        return option;
    };
    add(add_parsed(app, "--kubelet", kubelet.url, parse_url, "URL", "ask this kubelet [https://127.0.0.1:10250/pods]"));
    add(add_parsed(app, "--kubelet-token-file", kubelet.token_file, parse_name, "FILE", "with the bearer token in this file"));
    CLI::Option* cert =
        add(add_parsed(app, "--kubelet-cert", kubelet.cert_file, parse_name, "FILE", "with this client certificate"));
    add(add_parsed(app, "--kubelet-key", kubelet.key_file, parse_name, "FILE", "and its key, where it has a file of its own"))
        ->needs(cert);
    add(add_parsed(app, "--kubelet-ca", kubelet.ca_file, parse_name, "FILE", "trust these certificates only, or who they sign"));
    add(app.add_flag("--kubelet-insecure", kubelet.insecure, "do not verify the kubelet; it gets the token if there is one"));
    add_parsed(app, "--root", kubelet.root, parse_root, "DIR", "the node's root directory, /host in a debug pod")->group(group);
}

}  // namespace podsnoop
