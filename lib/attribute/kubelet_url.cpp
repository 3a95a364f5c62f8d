#include "attribute/kubelet_url.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>

#include "base/number.hpp"

namespace podsnoop {

namespace {

std::unexpected<Error> bad(std::string_view url, std::string why) {
    return fail("not a kubelet's URL", std::string(url), std::move(why), "write https://ADDRESS[:PORT][/pods]");
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
    const auto port = parse_number<std::uint16_t>(text);
    return port && *port != 0 ? port : std::nullopt;
}

/// Host and port apart. An IPv6 address stands in brackets (RFC 3986 3.2.2), or alone without a port.
struct Authority {
    std::string_view host;
    std::optional<std::string_view> port;
};
std::optional<Authority> split(std::string_view text) {
    if (text.starts_with('[')) {
        const std::size_t close = text.find(']');
        if (close == std::string_view::npos) return std::nullopt;
        const std::string_view rest = text.substr(close + 1);
        if (!rest.empty() && rest[0] != ':') return std::nullopt;
        Authority found{text.substr(1, close - 1), std::nullopt};
        if (!rest.empty()) found.port = rest.substr(1);
        return found;
    }
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos || text.find(':', colon + 1) != std::string_view::npos)
        return Authority{text, std::nullopt};
    return Authority{text.substr(0, colon), text.substr(colon + 1)};
}

}  // namespace

Result<KubeletUrl> parse_kubelet_url(std::string_view text) {
    // What is not printable would become part of the request's head.
    if (!std::ranges::all_of(text, [](char c) { return c > ' ' && c <= '~' && c != '#'; }))
        return bad(text, "it has characters that no such URL has");
    KubeletUrl url;
    std::string_view rest = text;
    if (const std::size_t scheme = text.find("://"); scheme != std::string_view::npos) {
        const std::string_view name = text.substr(0, scheme);
        if (name != "https" && name != "http") return bad(text, "it is neither https nor http");
        url.tls = name == "https";
        rest = text.substr(scheme + 3);
    }
    const std::size_t path = std::min(rest.find_first_of("/?"), rest.size());
    if (rest.substr(path).starts_with('?')) return bad(text, "it has a query and no path");
    if (const std::string_view target = rest.substr(path); target.size() > 1) url.target = target;

    const std::optional<Authority> authority = split(rest.substr(0, path));
    if (!authority || authority->host.empty()) return bad(text, "it names no address");
    const std::string_view host = authority->host == "localhost" ? std::string_view("127.0.0.1") : authority->host;
    const std::optional<Address> address = parse_address(host);
    if (!address)
        return fail("not a kubelet's URL", std::string(text), "its host is not an address",
                    "names cannot be looked up; write the node's address");
    url.endpoint = {*address, url.tls ? kubelet_port : kubelet_read_only_port};
    if (authority->port) {
        const std::optional<std::uint16_t> port = parse_port(*authority->port);
        if (!port) return bad(text, "its port is not a number from 1 to 65535");
        url.endpoint.port = *port;
    }
    return url;
}

std::string text_of(const KubeletUrl& url) {
    std::string text = url.tls ? "https://" : "http://";
    append_endpoint(text, url.endpoint);
    return text + url.target;
}

}  // namespace podsnoop
