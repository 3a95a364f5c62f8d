// Where a kubelet is asked for its pods.
#pragma once

#include <string>
#include <string_view>

#include "base/address.hpp"
#include "base/result.hpp"

namespace podsnoop {

struct KubeletUrl {
    bool tls = true;
    Endpoint endpoint;
    std::string target = "/pods";  ///< path and query, printable ASCII without spaces

    bool operator==(const KubeletUrl&) const = default;
};

constexpr std::uint16_t kubelet_port = 10250;            ///< over TLS, with authentication
constexpr std::uint16_t kubelet_read_only_port = 10255;  ///< without either; mostly off

/// Reads "https://10.0.0.5:10250/pods", or what of it is not as usual: "10.0.0.5", "https://[fd00::5]",
/// "http://127.0.0.1". The host is an address or "localhost": a static program cannot look names up.
Result<KubeletUrl> parse_kubelet_url(std::string_view text);

/// "https://10.0.0.5:10250/pods"
std::string text_of(const KubeletUrl& url);

}  // namespace podsnoop
