#include "trace_files.hpp"

#include <sys/random.h>
#include <sys/stat.h>

#include <chrono>
#include <utility>

#include "attribute/kubelet.hpp"

namespace podsnoop {

namespace {

bool is_same_file(const std::string& a, const std::string& b) {
    struct stat first{}, second{};
    return stat(a.c_str(), &first) == 0 && stat(b.c_str(), &second) == 0 && S_ISREG(first.st_mode) &&
           first.st_dev == second.st_dev && first.st_ino == second.st_ino;
}

}  // namespace

std::uint64_t random_seed() {
    std::uint64_t seed = 0;
    if (getrandom(&seed, sizeof seed, GRND_NONBLOCK) != sizeof seed)
        seed = static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
    return seed;
}

Result<void> check_files(const TraceSettings& settings) {
    const std::string none, read = settings.read.value_or(none), ledger = settings.ledger.value_or(none);
    const std::string write = settings.write ? settings.write->path : none;
    for (const auto& [file, other] : {std::pair{write, read}, {ledger, read}, {ledger, write}})
        if (!file.empty() && !other.empty() && (file == other ? file != "-" : is_same_file(file, other)))
            return fail("cannot write", file, "it is the file of another option", "name another file");
    return {};
}

Result<std::string> read_saved_pods(const TraceSettings& settings) {
    if (settings.pods.sources.pods_file.empty()) return {};
    return read_pods_text(settings.pods.sources.pods_file);
}

Result<void> know_saved_pods(TraceSettings& settings, const std::string& text) {
    if (settings.pods.sources.pods_file.empty()) return {};
    Result<std::vector<PodRecord>> pods = parse_pods_text(text, settings.pods.sources.pods_file);
    if (!pods) return std::unexpected(pods.error());
    settings.saved_pods.emplace(std::move(*pods));
    return {};
}

std::string place_of(const TraceSettings& settings) {
    std::string text;
    for (const std::string& name : settings.live.interfaces) text += (text.empty() ? "" : ", ") + name;
    if (text.empty()) text = "all interfaces";
    if (!settings.live.netns.empty()) text += " of network namespace " + settings.live.netns;
    return text;
}

}  // namespace podsnoop
