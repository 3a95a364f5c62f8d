#include "attribute/service_names.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "base/letters.hpp"
#include "base/number.hpp"

namespace podsnoop {

namespace {

constexpr std::size_t name_limit = 65536;

/// A name of Kubernetes: a DNS label (RFC 1123), of a namespace, Service or port.
bool is_label(std::string_view name) {
    const auto fits = [](char c) { return (c >= 'a' && c <= 'z') || is_digit(c) || c == '-'; };
    return !name.empty() && name.size() <= 63 && name.front() != '-' && name.back() != '-' && std::ranges::all_of(name, fits);
}

std::optional<std::string> name_of(std::string_view space, std::string_view service, std::string_view port) {
    if (!is_label(space) || !is_label(service) || (!port.empty() && !is_label(port))) return std::nullopt;
    std::string name = std::string(space) + "/" + std::string(service);
    if (!port.empty()) name.append(1, ':').append(port);
    return name;
}

/// Takes what comes before a letter, and the letter; all where there is none.
std::string_view take_until(std::string_view& text, char letter) {
    const std::string_view taken = text.substr(0, text.find(letter));
    text.remove_prefix(std::min(taken.size() + 1, text.size()));
    return taken;
}

std::optional<std::uint16_t> port_of(std::string_view digits) {
    const auto port = parse_number<std::uint16_t>(digits);
    return port && *port != 0 ? port : std::nullopt;
}

/// A name as the kubelet makes it of a Service's or port's, back again: "REDIS_MASTER" was "redis-master".
std::string label_of(std::string_view variable) {
    std::string label(variable);
    for (char& c : label) c = c == '_' ? '-' : to_lower(c);
    return label;
}

using Variables = std::map<std::string_view, std::string_view>;

std::string_view value_of(const Variables& variables, const std::string& name) {
    const auto found = variables.find(name);
    return found == variables.end() ? std::string_view{} : found->second;
}

/// The ports of the Service that SERVICE_HOST is of, "REDIS" for REDIS_SERVICE_HOST.
void add_ports(const Variables& variables, std::string_view service, std::string_view host, std::string_view space,
               std::vector<NamedService>& found) {
    const auto address = parse_address(host);
    if (!address) return;
    const std::string prefix = std::string(service) + "_SERVICE_PORT";
    // CART_SERVICE_PORT is the first port without its name, and comes first; CART_SERVICE_PORT_HTTP says it.
    // Of two names for one port, "dns" and "dns-tcp", one is of UDP: which is not told.
    std::map<std::uint16_t, std::set<std::string>> port_names;
    for (auto each = variables.lower_bound(prefix); each != variables.end() && each->first.starts_with(prefix); ++each) {
        const std::string_view rest = each->first.substr(prefix.size());
        const auto port = port_of(each->second);
        if (!port || (!rest.empty() && rest.front() != '_')) continue;
        if (value_of(variables, std::string(service) + "_PORT_" + std::to_string(*port) + "_TCP_ADDR") != host) continue;
        auto& names = port_names[*port];
        if (!rest.empty()) names.insert(label_of(rest.substr(1)));
    }
    for (const auto& [port, names] : port_names)
        if (auto name = name_of(space, label_of(service), names.size() == 1 ? *names.begin() : ""))
            found.push_back({{*address, port}, std::move(*name)});
}

}  // namespace

std::size_t ServiceNames::Hash::operator()(const Endpoint& endpoint) const noexcept {
    const std::string_view bytes(reinterpret_cast<const char*>(endpoint.address.bytes.data()), 16);
    return std::hash<std::string_view>{}(bytes) ^ endpoint.port;
}

void ServiceNames::add(NamedService service) {
    if (names_.size() >= name_limit) return;
    const auto [known, is_new] = names_.try_emplace(service.endpoint, service.name);
    if (!is_new && known->second != service.name) known->second.clear();
}

const std::string* ServiceNames::find(const Endpoint& endpoint) const {
    const auto found = names_.find(endpoint);
    return found == names_.end() || found->second.empty() ? nullptr : &found->second;
}

const std::string* ServiceNames::find_node_port(std::uint16_t port) const { return find(Endpoint{{}, port}); }

std::optional<std::string> service_of_comment(std::string_view comment) {
    for (const std::string_view end : {" cluster IP", " external IP", " loadbalancer IP"})
        if (comment.ends_with(end)) {
            comment.remove_suffix(end.size());
            break;
        }
    const std::string_view space = take_until(comment, '/');
    const std::string_view service = take_until(comment, ':');
    return name_of(space, service, comment);  // until 1.19 "default/nginx:" where the port has no name
}

std::optional<std::string> service_of_chain(std::string_view chain) {
    // pkg/proxy/nftables: "service-" for cluster addresses, "external-" for others, and a hash of eight
    // letters.
    const std::string_view kind = take_until(chain, '-');
    if (kind != "service" && kind != "external") return std::nullopt;
    if (take_until(chain, '-').size() != 8 || chain.ends_with("...")) return std::nullopt;
    const std::string_view space = take_until(chain, '/'), service = take_until(chain, '/');
    if (take_until(chain, '/') != "tcp") return std::nullopt;
    return name_of(space, service, chain);
}

std::vector<NamedService> services_in_environment(std::string_view environment, std::string_view pod_namespace) {
    Variables variables;
    while (!environment.empty()) {
        std::string_view variable = take_until(environment, '\0');
        const std::string_view name = take_until(variable, '=');
        variables.emplace(name, variable);
    }
    std::vector<NamedService> found;
    for (const auto& [name, host] : variables) {
        constexpr std::string_view end = "_SERVICE_HOST";
        if (!name.ends_with(end)) continue;
        const std::string_view service = name.substr(0, name.size() - end.size());
        // The one Service that containers are told of from another namespace (pkg/kubelet, masterServices).
        add_ports(variables, service, host, service == "KUBERNETES" ? "default" : pod_namespace, found);
    }
    return found;
}

}  // namespace podsnoop
