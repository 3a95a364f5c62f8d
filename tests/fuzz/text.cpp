// What users write on the command line, and what files and their names say in words. Input: which parser, then the text.
#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "attribute/hosts_file.hpp"
#include "attribute/log_names.hpp"
#include "attribute/pod_selection.hpp"
#include "attribute/runtime_config.hpp"
#include "base/size.hpp"
#include "base/time.hpp"
#include "capture/file/counts_comment.hpp"
#include "event/glob.hpp"
#include "event/selection.hpp"
#include "fuzz.hpp"

using namespace podsnoop;
using namespace podsnoop::fuzz;

namespace {

template <class T>
const T* value_of(const Result<T>& result) {
    if (result) return &*result;
    must(!result.error().what.empty(), "an error says what");
    return nullptr;
}

/// As Glob::matches, word by word from its description.
bool plainly_matches(std::string_view pattern, std::string_view text) {
    if (pattern.empty()) return text.empty();
    if (pattern[0] == '*')
        return plainly_matches(pattern.substr(1), text) || (!text.empty() && plainly_matches(pattern, text.substr(1)));
    return !text.empty() && (pattern[0] == '?' || pattern[0] == text[0]) && plainly_matches(pattern.substr(1), text.substr(1));
}

/// The pattern and the text stand on either side of a zero byte.
void check_glob(std::string_view both) {
    constexpr std::size_t longest_pattern = 8, longest_text = 16;  // the plain way takes exponential time
    const std::size_t border = std::min(both.find('\0'), both.size());
    const std::string_view pattern = both.substr(0, border);
    const std::string_view text = both.substr(std::min(border + 1, both.size()));
    const bool matches = Glob(std::string(pattern), Case::matters).matches(text);
    if (matches) must(Glob(std::string(pattern), Case::ignored).matches(text), "without case matches more, never less");
    if (pattern.size() <= longest_pattern && text.size() <= longest_text)
        must(matches == plainly_matches(pattern, text), "a glob matches as it is described");
}

void check_duration(std::string_view text) {
    const auto parsed = parse_duration(text);
    const Nanoseconds* duration = value_of(parsed);
    if (duration == nullptr) return;
    must(duration->count() >= 0 && duration->count() <= std::int64_t{1} << 62, "a duration is in its range");
    const auto again = parse_duration(std::to_string(duration->count()) + "ns");
    must(duration->count() > std::int64_t{1} << 53 || (again && *again == *duration), "nanoseconds are read exactly");
    std::string shown;
    append_duration(shown, *duration);
    must(shown.size() <= 7 || *duration > std::chrono::hours(99'999), "a duration takes 7 columns");
}

void check_selection(std::string_view text) {
    Exchange exchange;
    exchange.request.seen = exchange.response.seen = true;
    const std::size_t border = std::min(text.find('\0'), text.size());
    exchange.request.target = text.substr(std::min(border + 1, text.size()));
    exchange.request.host = exchange.request.target;
    exchange.request.method = "GET";
    const std::string_view pattern = text.substr(0, border);
    Selection selection;
    if (const auto path = parse_path_glob(pattern); value_of(path) != nullptr) selection.path = *path;
    if (const auto host = parse_host_glob(pattern); value_of(host) != nullptr) selection.host = *host;
    [[maybe_unused]] const bool matches = selection.matches(exchange);
}

void check_log_names(std::string_view text) {
    if (const auto pod = read_pod_log_folder(text))
        must(pod->namespace_name + '_' + pod->pod_name + '_' + pod->uid == text, "a folder's name is its parts");
    if (const auto log = read_container_log(text))
        must(log->pod_name + '_' + log->namespace_name + '_' + log->container_name + '-' + log->container_id + ".log" == text,
             "a log's name is its parts");
}

void check_hosts_file(std::string_view text) {
    const auto hosts = read_hosts_file(text);
    if (!hosts) return;
    must(hosts->addresses.size() <= 2 && !(hosts->host_network && !hosts->addresses.empty()),
         "a pod has an address of a family, and none in the node's network");
}

void check_runtime_config(std::string_view text) {
    const auto config = read_runtime_config(text);
    if (!config) return;
    must(config->is_sandbox == config->container_name.empty(), "a container has a name, a sandbox none");
    must(!config->pod_name.empty() && !config->namespace_name.empty(), "what is made for a pod has its name");
}

/// What was asked for, and a pod's name, with a zero byte between.
void check_pod_selection(std::string_view text) {
    const std::size_t border = std::min(text.find('\0'), text.size());
    const std::vector<std::string> asked{std::string(text.substr(0, border))};
    std::vector<PodRecord> pods(1);
    pods[0].namespace_name = "shop";
    pods[0].name = text.substr(std::min(border + 1, text.size()), 253);
    const auto parsed = PodSelection::parse(asked, "");
    const PodSelection* selection = value_of(parsed);
    if (selection == nullptr) return;
    must(selection->matches(pods[0]) == selection->unmatched(pods).empty(), "a pod is matched or what was asked for is not");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    Cursor input(input_bytes(data, size));
    const std::uint8_t parser = input.u8();
    const std::string_view text = as_text(input.rest());
    switch (parser) {
        case 'd': check_duration(text); break;
        case 's': {
            const auto parsed = parse_size(text);
            if (const auto* bytes = value_of(parsed)) must(*bytes <= std::size_t{1} << 40, "a size is in its range");
            break;
        }
        case 'p': {
            const auto parsed = parse_ports(text);
            if (const auto* ports = value_of(parsed)) must(std::ranges::count(*ports, 0) == 0, "no port is 0");
            break;
        }
        case 'm': {
            const auto parsed = parse_methods(text);
            if (const auto* methods = value_of(parsed))
                must(std::ranges::none_of(*methods, &std::string::empty), "no method is empty");
            break;
        }
        case 'x': {
            const auto parsed = parse_statuses(text);
            if (const auto* statuses = value_of(parsed))
                for (const StatusRange& range : *statuses)
                    must(range.first >= 100 && range.first <= range.last && range.last <= 999, "a status is in its range");
            break;
        }
        case 'g': check_glob(text); break;
        case 'c': {
            PacketCounts counts, again;
            read_counts_comment(text, counts);
            read_counts_comment(counts_comment(counts), again);
            must(counts.skipped_body == again.skipped_body && counts.skipped_ack == again.skipped_ack &&
                     counts.skipped_not_tcp == again.skipped_not_tcp,
                 "a comment says the counters it was made of");
            break;
        }
        case 'l': check_log_names(text); break;
        case 'h': check_hosts_file(text); break;
        case 'r': check_runtime_config(text); break;
        case 'n': check_pod_selection(text); break;
        default: check_selection(text); break;
    }
    return 0;
}
