#include "event/party.hpp"

namespace podsnoop {

std::string Party::name() const {
    std::string name;
    if (pod) {
        name = pod->namespace_name + '/' + pod->name;
    } else if (endpoint.address.family != 0) {
        const bool brackets = endpoint.address.family == 6 && endpoint.port != 0;
        if (brackets) name += '[';
        append_address(name, endpoint.address);
        if (brackets) name += ']';
    } else {
        return "-";
    }
    if (endpoint.port != 0) name += ':' + std::to_string(endpoint.port);
    if (!pod && !comm.empty()) name += " (" + comm + ')';
    return name;
}

}  // namespace podsnoop
