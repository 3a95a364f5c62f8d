#include "attribute/kubelet_pods.hpp"

#include <algorithm>
#include <boost/json/basic_parser_impl.hpp>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "attribute/pod_item.hpp"

namespace podsnoop {

namespace {

namespace json = boost::json;
using namespace std::string_view_literals;  // whose sizes are known, and mostly differ: a file of pods has a hundred keys a pod

// Far above what a pod may have, so that hostile lists end.
constexpr std::size_t max_pods = 65'536, max_containers = 256, max_ports = 256, max_addresses = 16, max_depth = 64;

/// Takes the JSON piece by piece (the handler of a basic_parser) and keeps of it only what is read of pods: of 64 MiB, a few
/// hundred bytes a pod. A piece is known by its path from the top, such as "items[].status.podIPs[].ip". A pod's author
/// chooses keys only below metadata.annotations and the like, where nothing that is read begins.
class PodListReader {
  public:
    using Code = json::error_code;
    static constexpr std::size_t max_object_size = std::numeric_limits<std::size_t>::max();
    static constexpr std::size_t max_array_size = max_object_size, max_key_size = max_object_size,
                                 max_string_size = max_object_size;

    PodListReader(PodSource source, PodList last) : source_(source), last_(std::move(last)) {}

    /// What was read. `error` is what the parser said, after `read` of `size` bytes.
    Result<PodList> take(const Code& error, std::size_t read, std::size_t size) &&;

    static bool on_document_begin(Code&) { return true; }
    static bool on_document_end(Code&) { return true; }
    bool on_null(Code&) {
        // What Go writes for a list that was never added to.
        if (path_ == "items"sv) has_items_ = true;
        return true;
    }
    bool on_bool(bool value, Code&) {
        if (field() == "spec.hostNetwork"sv) item_.host_network = value;
        return true;
    }
    bool on_int64(std::int64_t value, std::string_view, Code&) {
        number(value);
        return true;
    }
    // Beyond on_int64()'s range, or fractions: nothing that is read.
    static bool on_uint64(std::uint64_t, std::string_view, Code&) { return true; }
    static bool on_double(double, std::string_view, Code&) { return true; }
    static bool on_number_part(std::string_view, Code&) { return true; }
    // A text with escapes comes in parts.
    bool on_string_part(std::string_view part, std::size_t, Code&) {
        parts_ += part;
        return true;
    }
    bool on_string(std::string_view part, std::size_t, Code&) {
        string(joined(part));
        parts_.clear();
        return true;
    }
    bool on_key_part(std::string_view part, std::size_t size, Code& error) { return on_string_part(part, size, error); }
    bool on_key(std::string_view part, std::size_t, Code&) {
        key(joined(part));
        parts_.clear();
        return true;
    }
    bool on_object_begin(Code&);
    bool on_object_end(std::size_t, Code& error);
    bool on_array_begin(Code&);
    bool on_array_end(std::size_t, Code&) {
        leave();
        return true;
    }
    // The parser is not told to allow comments.
    static bool on_comment_part(std::string_view, Code&) { return true; }
    static bool on_comment(std::string_view, Code&) { return true; }

  private:
    /// The path within the item; empty outside of one.
    [[nodiscard]] std::string_view field() const {
        constexpr std::string_view item = "items[].";
        const std::string_view path = path_;
        return path.starts_with(item) ? path.substr(item.size()) : std::string_view();
    }
    std::string_view joined(std::string_view last) { return parts_.empty() ? last : std::string_view(parts_ += last); }
    [[nodiscard]] std::size_t count() const { return differs_ ? pods_.size() : same_; }
    void add(PodRecord pod);
    /// From here on the list is another than the last.
    void differ();
    void number(std::int64_t value);
    void string(std::string_view value);
    void key(std::string_view key);
    void enter() { ends_.push_back(path_.size()); }
    void leave() {
        ends_.pop_back();
        path_.resize(ends_.empty() ? 0 : ends_.back());
    }

    PodSource source_;
    std::string parts_;  // of a text, all but the last
    std::string path_;
    std::vector<std::size_t> ends_;  // of each object and array around: where its path ends in path_
    PodItem item_;
    std::size_t ports_ = 0;  // of all containers of the item
    PodItem::Kind kind_ = PodItem::Kind::regular;  // of the containers just read
    PodItem::Declared declared_;
    PodItem::Port port_;
    PodItem::Status status_;
    PodList last_;
    std::size_t same_ = 0;  // so many are as they were in that
    bool differs_ = false;
    std::vector<PodRecord> pods_;  // all there are, where the list differs
    std::set<Address> node_addresses_;
    bool has_items_ = false;
    std::size_t items_ = 0;
};

void PodListReader::add(PodRecord pod) {
    if (!differs_ && same_ < last_.size() && last_[same_] == pod) {
        ++same_;
        return;
    }
    differ();
    pods_.push_back(std::move(pod));
}

void PodListReader::differ() {
    if (std::exchange(differs_, true)) return;
    pods_.assign(last_.begin(), last_.begin() + static_cast<std::ptrdiff_t>(same_));
    last_ = {};
}

void PodListReader::number(std::int64_t value) {
    const std::string_view at = field();
    const bool is_port = value >= 0 && value <= std::numeric_limits<std::uint16_t>::max();
    if (at == "spec.containers[].ports[].containerPort"sv && is_port) port_.container = static_cast<std::uint16_t>(value);
    else if (at == "spec.containers[].ports[].hostPort"sv && is_port) port_.host = static_cast<std::uint16_t>(value);
    else if (at == "status.containers[].state.terminated.exitCode"sv) status_.failed = value != 0;
}

void PodListReader::string(std::string_view value) {
    const std::string_view at = field();
    const auto add = [&](std::vector<std::string>& to) {
        if (to.size() < max_addresses) to.emplace_back(value);
    };
    if (at.empty()) return;
    if (at == "kind"sv) item_.kind = value;
    else if (at == "metadata.name"sv) item_.name = value;
    else if (at == "metadata.namespace"sv) item_.namespace_name = value;
    else if (at == "metadata.uid"sv) item_.uid = value;
    else if (at == "metadata.annotations.kubernetes.io/config.mirror"sv) item_.mirror = value;
    else if (at == "metadata.deletionTimestamp"sv) item_.deletion_timestamp = value;
    else if (at == "status.phase"sv) item_.phase = value;
    else if (at == "status.podIP"sv) item_.pod_ip = value;
    else if (at == "status.podIPs[].ip"sv) add(item_.pod_ips);
    else if (at == "status.hostIP"sv || at == "status.hostIPs[].ip"sv) add(item_.host_ips);
    else if (at == "status.startTime"sv) item_.start_time = value;
    else if (at == "spec.containers[].name"sv) declared_.name = value;
    else if (at == "spec.containers[].restartPolicy"sv) declared_.restart_policy = value;
    else if (at == "spec.containers[].ports[].protocol"sv) port_.protocol = value;
    else if (at == "status.containers[].name"sv) status_.name = value;
    else if (at == "status.containers[].containerID"sv) status_.container_id = value;
    else if (at == "status.containers[].state.terminated.finishedAt"sv) status_.finished_at = value;
}

bool PodListReader::on_object_begin(Code&) {
    if (path_ == "items[]"sv) item_ = {}, ports_ = 0;
    const std::string_view at = field();
    if (at == "spec.containers[]"sv) declared_ = {.kind = kind_, .name = {}, .restart_policy = {}, .ports = {}};
    else if (at == "spec.containers[].ports[]"sv) port_ = {};
    else if (at == "status.containers[]"sv) status_ = {.kind = kind_, .name = {}, .container_id = {}, .finished_at = {}};
    else if (at == "status.containers[].state.terminated"sv) status_.terminated = true;
    enter();
    return true;
}

void PodListReader::key(std::string_view key) {
    constexpr std::size_t longest = 64;  // none that is read is longer
    path_.resize(ends_.back());
    const std::string_view at = field();
    std::string_view name = key.size() <= longest ? key : "?"sv;
    // The three kinds of containers are read alike.
    if ((at == "spec"sv && name == "containers"sv) || (at == "status"sv && name == "containerStatuses"sv))
        kind_ = PodItem::Kind::regular, name = "containers";
    else if ((at == "spec"sv && name == "initContainers"sv) || (at == "status"sv && name == "initContainerStatuses"sv))
        kind_ = PodItem::Kind::init, name = "containers";
    else if ((at == "spec"sv && name == "ephemeralContainers"sv) || (at == "status"sv && name == "ephemeralContainerStatuses"sv))
        kind_ = PodItem::Kind::ephemeral, name = "containers";
    if (!path_.empty()) path_ += '.';
    path_ += name;
}

bool PodListReader::on_object_end(std::size_t, Code& error) {
    path_.resize(ends_.back());
    const std::string_view at = field();
    if (path_ == "items[]"sv) {
        ++items_;
        for (const std::string& text : item_.host_ips)
            if (const auto address = parse_address(text)) node_addresses_.insert(*address);
        if (auto pod = make_pod(std::move(item_), source_)) add(std::move(*pod));
        if (count() > max_pods) error = json::error::array_too_large;
    } else if (at == "spec.containers[]"sv && item_.containers.size() < max_containers) {
        item_.containers.push_back(std::move(declared_));
    } else if (at == "spec.containers[].ports[]"sv && ports_ < max_ports) {
        ++ports_;
        declared_.ports.push_back(std::move(port_));
    } else if (at == "status.containers[]"sv && item_.statuses.size() < max_containers) {
        item_.statuses.push_back(std::move(status_));
    }
    leave();
    return !error;
}

bool PodListReader::on_array_begin(Code&) {
    if (path_ == "items"sv) has_items_ = true;
    path_ += "[]";
    enter();
    return true;
}

Result<PodList> PodListReader::take(const Code& error, std::size_t read, std::size_t size) && {
    const auto refuse = [](std::string why, std::string hint = {}) {
        return fail("cannot read the list of pods", {}, std::move(why), std::move(hint));
    };
    if (error == json::error::too_deep) return refuse("it is nested too deeply");
    if (error == json::error::array_too_large) return refuse("it has more than " + std::to_string(max_pods) + " pods");
    if (error == json::error::incomplete) return refuse("it ends after " + std::to_string(size) + " bytes, in the middle");
    if (error || read < size) return refuse("it is not JSON from byte " + std::to_string(read + 1) + " on");
    const std::string hint = "it is what a kubelet's /pods answers, or kubectl get pods -o json";
    if (!has_items_) return refuse("it has no items", hint);
    if (count() == 0 && items_ > 0) return refuse("none of its items is a pod", hint);
    // Items cut down to metadata and status do not say hostNetwork, but have their node's address.
    const auto has_nodes = [&](const PodRecord& pod) {
        return std::ranges::any_of(pod.addresses, [&](const Address& a) { return node_addresses_.contains(a); });
    };
    if (same_ < last_.size() || std::ranges::any_of(last_, has_nodes)) differ();
    if (!differs_) return std::move(last_);
    for (PodRecord& pod : pods_) {
        if (!has_nodes(pod)) continue;
        pod.host_network = true;
        pod.addresses.clear();
    }
    pods_.shrink_to_fit();
    return PodList(std::move(pods_));
}

}  // namespace

/// The parser, with what it said so far.
struct PodListParser::Parsing {
    Parsing(PodSource source, PodList last, const json::parse_options& options) : parser(options, source, std::move(last)) {}

    void parse(std::string_view text) {
        if (text.empty()) return;
        if (!error && read == size) read += parser.write_some(true, text.data(), text.size(), error);
        size += text.size();
    }
    /// Nothing more of a byte order mark comes. What began like one is text like all other.
    void begin() {
        if (mark < byte_order_mark.size()) parse(byte_order_mark.substr(0, mark));
        begun = true;
    }

    static constexpr std::string_view byte_order_mark =
        "\xef\xbb\xbf";  // may be passed over (RFC 8259 8.1), which the parser does not

    json::basic_parser<PodListReader> parser;
    json::error_code error;
    std::size_t read = 0, size = 0;  // bytes, but for a byte order mark
    std::size_t mark = 0;  // how much of that was there
    bool begun = false;
};

PodListParser::PodListParser(PodSource source, PodList last) {
    json::parse_options options;
    options.max_depth = max_depth;
    parsing_ = std::make_unique<Parsing>(source, std::move(last), options);
}
PodListParser::~PodListParser() = default;

void PodListParser::put(std::string_view piece) {
    Parsing& p = *parsing_;
    if (!p.begun) {
        constexpr std::string_view mark = Parsing::byte_order_mark;
        for (; !piece.empty() && p.mark < mark.size() && piece.front() == mark[p.mark]; ++p.mark) piece.remove_prefix(1);
        if (piece.empty()) return;
        p.begin();
    }
    p.parse(piece);
}

Result<PodList> PodListParser::finish() && {
    Parsing& p = *parsing_;
    if (!p.begun) p.begin();
    if (!p.error && p.read == p.size) p.parser.write_some(false, nullptr, 0, p.error);
    return std::move(p.parser.handler()).take(p.error, p.read, p.size);
}

Result<std::vector<PodRecord>> parse_pods(std::string_view json_text, PodSource source) {
    PodListParser parser(source);
    parser.put(json_text);
    const Result<PodList> pods = std::move(parser).finish();
    if (!pods) return std::unexpected(pods.error());
    return std::vector<PodRecord>(pods->begin(), pods->end());
}

}  // namespace podsnoop
