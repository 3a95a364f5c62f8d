#include "event/target.hpp"

#include <algorithm>

namespace podsnoop {

std::string_view path_and_query(const Request& request) {
    const std::string_view target = request.target;
    if (request.method == "CONNECT") return {};
    if (target.starts_with('/')) return target;
    const std::size_t scheme = target.find("://");
    if (scheme == std::string_view::npos) return target;  // "*"
    const std::size_t authority_end = target.find_first_of("/?", scheme + 3);
    if (authority_end == std::string_view::npos) return "/";
    return target.substr(authority_end);
}

std::string_view path_of(const Request& request) {
    const std::string_view both = path_and_query(request);
    return both.substr(0, std::min(both.find('?'), both.size()));
}

}  // namespace podsnoop
