#include "event/red.hpp"

#include <bit>
#include <string_view>

#include "event/fields_red.hpp"

namespace podsnoop {

std::string_view title_of(std::uint8_t red_keys) {
    switch (red_keys) {
        case by_pod: return "SERVER";
        case by_service: return "SERVICE";
        case by_host: return "HOST";
        case by_path: return "PATH";
        case by_status: return "STATUS";
        case by_client: return "CLIENT";
        default: return "GROUP";
    }
}

std::string name_of(const RedRecord& red) {
    if (red.other) return "(other)";
    std::string name;
    const auto add = [&](RedKey key, auto text) {
        if ((red.by & key) == 0) return;
        if (!name.empty()) name += ' ';
        name += text();
    };
    const auto known_or_dash = [](const std::optional<std::string>& text) { return text.value_or("-"); };
    add(by_client, [&] { return red.client.name() + ((red.by & ~by_client) != 0 ? " ->" : ""); });
    add(by_pod, [&] { return red.server.name(); });
    add(by_service, [&] {
        if (!red.service) return std::string("-");
        if (!red.service->name.empty()) return red.service->name;
        std::string address;
        append_endpoint(address, red.service->endpoint);
        return address;
    });
    add(by_host, [&] { return known_or_dash(red.host); });
    add(by_path, [&] { return known_or_dash(red.path); });
    add(by_status, [&] { return red.status == 0 ? std::string("no response") : std::to_string(red.status); });
    return name;
}

}  // namespace podsnoop
