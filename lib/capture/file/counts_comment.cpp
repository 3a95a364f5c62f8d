#include "capture/file/counts_comment.hpp"

#include <array>
#include <charconv>
#include <cstdint>

namespace podsnoop {

namespace {

constexpr std::string_view start = "podsnoop skipped:";

struct Counter {
    std::string_view name;  // as in the ledger
    std::uint64_t PacketCounts::* value;
};

constexpr std::array counters{
    Counter{" not-tcp=", &PacketCounts::skipped_not_tcp},   Counter{" not-selected=", &PacketCounts::skipped_not_selected},
    Counter{" not-http=", &PacketCounts::skipped_not_http}, Counter{" body=", &PacketCounts::skipped_body},
    Counter{" ack=", &PacketCounts::skipped_ack},
};

}  // namespace

std::string counts_comment(const PacketCounts& counts) {
    std::string text(start);
    for (const Counter& counter : counters) {
        text += counter.name;
        text += std::to_string(counts.*counter.value);
    }
    return text;
}

void read_counts_comment(std::string_view comment, PacketCounts& counts) {
    if (!comment.starts_with(start)) return;
    for (const Counter& counter : counters) {
        const std::size_t at = comment.find(counter.name);
        if (at == std::string_view::npos) continue;
        const std::string_view digits = comment.substr(at + counter.name.size());
        std::from_chars(digits.data(), digits.data() + digits.size(), counts.*counter.value);
    }
}

}  // namespace podsnoop
