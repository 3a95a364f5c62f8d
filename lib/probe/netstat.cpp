#include "probe/netstat.hpp"

#include "base/number.hpp"
#include "node/file.hpp"

namespace podsnoop {

namespace {

/// Takes what stands before the next blank or line end.
std::string_view take_word(std::string_view& line) {
    const std::string_view word = line.substr(0, line.find(' '));
    line.remove_prefix(std::min(word.size() + 1, line.size()));
    return word;
}

std::string_view take_line(std::string_view& text) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    return line;
}

}  // namespace

std::optional<std::uint64_t> parse_netstat(std::string_view netstat, std::string_view counter) {
    while (!netstat.empty()) {
        std::string_view names = take_line(netstat), values = take_line(netstat);
        if (take_word(names) != "TcpExt:" || take_word(values) != "TcpExt:") continue;
        while (!names.empty() && !values.empty()) {
            const std::string_view name = take_word(names), value = take_word(values);
            if (name == counter) return parse_number<std::uint64_t>(value);
        }
    }
    return std::nullopt;
}

std::optional<std::uint64_t> read_listen_overflows(const NetworkNamespace& netns) {
    auto visit = NetnsVisit::enter(netns);
    if (!visit) return std::nullopt;
    const auto text = read_file("/proc/thread-self/net/netstat", largest_netstat);
    if (!visit->leave() || !text) return std::nullopt;
    return parse_netstat(*text, "ListenOverflows");
}

}  // namespace podsnoop
