#include "attribute/notes.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <limits>
#include <utility>

namespace podsnoop {

namespace {

using Json = nlohmann::json;

constexpr std::size_t text_limit = 60'000;
// When reading. A name or path that is longer is none; of the rest what is over the limit is left out.
constexpr std::size_t pods_bytes_limit = std::size_t{64} << 20, addresses_limit = 4096, name_limit = 1024;
constexpr Nanoseconds time_limit = std::chrono::hours(200 * 365 * 24);  // since 1970; what is added to times stays in range

std::string text_of(const Address& address) {
    std::string text;
    append_address(text, address);
    return text;
}

Json addresses_of(const std::vector<Address>& addresses) {
    Json list = Json::array();
    for (const Address& address : addresses) list.push_back(text_of(address));
    return list;
}

Json endpoint_of(const Endpoint& endpoint) {
    if (endpoint.address.family == 0) return nullptr;
    return {{"address", text_of(endpoint.address)}, {"port", endpoint.port}};
}

Json process_of(const std::optional<Process>& process) {
    if (!process) return nullptr;
    return {{"comm", process->comm}, {"cgroup", process->cgroup}};
}

void add_text(std::vector<std::string>& texts, const Json& json) {
    std::string text = json.dump(-1, ' ', false, Json::error_handler_t::replace);
    if (text.size() <= text_limit) texts.push_back(std::move(text));
}

Json json_of(const PodRecord& pod) {
    Json containers = Json::array();
    for (const PodContainer& container : pod.containers)
        containers.push_back({{"name", container.name},
                              {"id", container.id},
                              {"pid", container.pid},
                              {"ports", container.ports},
                              {"ended", container.ended}});
    return {{"namespace", pod.namespace_name},
            {"name", pod.name},
            {"uid", pod.uid},
            {"phase", pod.phase},
            {"host_network", pod.host_network},
            {"terminating", pod.terminating},
            {"addresses", addresses_of(pod.addresses)},
            {"host_ports", pod.host_ports},
            {"netns", pod.netns},
            {"cgroup", pod.cgroup},
            {"interface", pod.interface},
            {"containers", std::move(containers)},
            {"started", pod.started.time_since_epoch().count()},
            {"finished", pod.finished.time_since_epoch().count()}};
}

struct Writer {
    std::int64_t time;

    std::vector<std::string> operator()(const NamespaceState& state) const {
        std::vector<std::string> texts;
        add_text(texts, {{"note", "namespace"},
                         {"time", time},
                         {"netns", state.netns},
                         {"addresses", addresses_of(state.addresses)},
                         {"traced", state.traced},
                         {"whole", state.whole},
                         {"since", state.since.time_since_epoch().count()},
                         {"node", state.node}});
        return texts;
    }
    std::vector<std::string> operator()(const PodsKnown& known) const {
        std::vector<std::string> texts;
        for (const PodRecord& pod : known.pods) add_text(texts, {{"note", "pod"}, {"pod", json_of(pod)}});
        add_text(texts, {{"note", "pods"}, {"time", time}, {"settled", known.settled}});
        return texts;
    }
    std::vector<std::string> operator()(const PodsChange&) const {
        std::vector<std::string> texts;
        add_text(texts, {{"note", "change"}, {"time", time}});
        return texts;
    }
    std::vector<std::string> operator()(const ConnectionFacts& facts) const {
        std::vector<std::string> texts;
        add_text(texts, {{"note", "connection"},
                         {"time", time},
                         {"netns", facts.netns},
                         {"client", endpoint_of(facts.client)},
                         {"server", endpoint_of(facts.server)},
                         {"client_process", process_of(facts.client_process)},
                         {"server_process", process_of(facts.server_process)},
                         {"backend", endpoint_of(facts.backend)},
                         {"caller", endpoint_of(facts.caller)},
                         {"service_name", facts.service_name},
                         {"delivery", facts.delivery}});
        return texts;
    }
};

// Reading: what is missing or of another type is as if it were not known.

template <class T>
T number(const Json& json, const char* key) {
    const auto found = json.find(key);
    if (found == json.end() || !found->is_number_unsigned()) return 0;
    const auto value = found->get<std::uint64_t>();
    return value <= std::numeric_limits<T>::max() ? static_cast<T>(value) : T{0};
}

std::string text(const Json& json, const char* key) {
    const auto found = json.find(key);
    if (found == json.end() || !found->is_string()) return {};
    const auto& value = found->get_ref<const std::string&>();
    return value.size() <= name_limit ? value : std::string{};
}

Time time_of(const Json& json, const char* key) {
    return Time{std::min(Nanoseconds{number<std::int64_t>(json, key)}, time_limit)};
}

bool flag(const Json& json, const char* key) {
    const auto found = json.find(key);
    return found != json.end() && found->is_boolean() && found->get<bool>();
}

/// Calls each(element) for the elements of a list, none where there is no list.
template <class Each>
void for_each_in(const Json& json, const char* key, Each each) {
    const auto found = json.find(key);
    if (found == json.end() || !found->is_array()) return;
    for (const Json& element : *found) each(element);
}

std::vector<Address> addresses(const Json& json) {
    std::vector<Address> list;
    for_each_in(json, "addresses", [&](const Json& element) {
        if (!element.is_string() || list.size() == addresses_limit) return;
        if (const auto address = parse_address(element.get_ref<const std::string&>())) list.push_back(*address);
    });
    return list;
}

std::vector<std::uint16_t> ports(const Json& json, const char* key) {
    std::vector<std::uint16_t> list;
    for_each_in(json, key, [&](const Json& element) {
        if (element.is_number_unsigned() && element.get<std::uint64_t>() <= 65535) list.push_back(element.get<std::uint16_t>());
    });
    return list;
}

Endpoint endpoint(const Json& json, const char* key) {
    const auto found = json.find(key);
    if (found == json.end() || !found->is_object()) return {};
    const auto address = parse_address(text(*found, "address"));
    return address ? Endpoint{*address, number<std::uint16_t>(*found, "port")} : Endpoint{};
}

std::optional<Process> process(const Json& json, const char* key) {
    const auto found = json.find(key);
    if (found == json.end() || !found->is_object()) return std::nullopt;
    return Process{.comm = text(*found, "comm"), .cgroup = text(*found, "cgroup")};
}

PodRecord pod_of(const Json& json) {
    PodRecord pod{.namespace_name = text(json, "namespace"),
                  .name = text(json, "name"),
                  .uid = text(json, "uid"),
                  .phase = text(json, "phase"),
                  .host_network = flag(json, "host_network"),
                  .terminating = flag(json, "terminating"),
                  .addresses = addresses(json),
                  .host_ports = ports(json, "host_ports"),
                  .netns = number<std::uint64_t>(json, "netns"),
                  .cgroup = text(json, "cgroup"),
                  .interface = text(json, "interface"),
                  .containers = {},
                  .started = time_of(json, "started"),
                  .finished = time_of(json, "finished"),
                  .source = PodSource::file};
    for_each_in(json, "containers", [&](const Json& container) {
        if (container.is_object())
            pod.containers.push_back({.name = text(container, "name"),
                                      .id = text(container, "id"),
                                      .pid = number<std::uint32_t>(container, "pid"),
                                      .ports = ports(container, "ports"),
                                      .ended = flag(container, "ended")});
    });
    return pod;
}

}  // namespace

std::vector<std::string> write_note(const Noted& noted) {
    return std::visit(Writer{noted.time.time_since_epoch().count()}, noted.note);
}

std::vector<std::string> NoteWriter::write(const Noted& noted) {
    std::vector<std::string> texts = write_note(noted);
    const auto* known = std::get_if<PodsKnown>(&noted.note);
    wrote_pods_ = false;
    if (known == nullptr) return texts;
    std::string last = std::move(texts.back());
    texts.pop_back();
    if (texts == pods_)
        return {
            Json{{"note", "pods"}, {"time", noted.time.time_since_epoch().count()}, {"settled", known->settled}, {"same", true}}
                .dump()};
    wrote_pods_ = true;
    pods_ = texts;
    texts.push_back(std::move(last));
    return texts;
}

Result<std::optional<Noted>> NoteReader::read(std::string_view written) {
    const Json json = Json::parse(written, nullptr, false);
    const std::string kind = json.is_object() ? text(json, "note") : std::string{};
    const auto time = json.is_object() ? time_of(json, "time") : Time{};
    if (kind == "namespace") {
        std::vector<Address> sorted = addresses(json);  // as Attribution looks them up
        std::ranges::sort(sorted);
        return Noted{time, NamespaceState{.netns = number<std::uint64_t>(json, "netns"),
                                          .addresses = std::move(sorted),
                                          .traced = flag(json, "traced"),
                                          .whole = flag(json, "whole"),
                                          .since = time_of(json, "since"),
                                          .node = flag(json, "node")}};
    }
    if (kind == "pod") {
        const auto found = json.find("pod");
        if (found == json.end() || !found->is_object() || pods_bytes_ > pods_bytes_limit) return std::nullopt;
        pods_.push_back(pod_of(*found));
        pods_bytes_ += written.size();
        return std::nullopt;
    }
    if (kind == "pods") {
        if (!flag(json, "same")) known_ = PodList(std::move(pods_));
        pods_.clear();
        pods_bytes_ = 0;
        return Noted{time, PodsKnown{.pods = known_, .settled = flag(json, "settled")}};
    }
    if (kind == "change") return Noted{time, PodsChange{}};
    if (kind == "connection")
        return Noted{time, ConnectionFacts{.netns = number<std::uint64_t>(json, "netns"),
                                           .client = endpoint(json, "client"),
                                           .server = endpoint(json, "server"),
                                           .client_process = process(json, "client_process"),
                                           .server_process = process(json, "server_process"),
                                           .backend = endpoint(json, "backend"),
                                           .caller = endpoint(json, "caller"),
                                           .service_name = text(json, "service_name"),
                                           .delivery = flag(json, "delivery")}};
    return fail("cannot read a note in the capture", std::string(written.substr(0, 40)), "it is none that podsnoop writes");
}

}  // namespace podsnoop
