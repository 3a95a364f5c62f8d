#include "reassemble/stream.hpp"

#include <algorithm>

namespace podsnoop {

namespace {

HeldSegment cut(const Segment& segment, std::uint32_t from, std::uint32_t to) {
    const std::uint32_t skip = from - segment.seq;
    const std::uint32_t length = to - from;
    const std::size_t captured = segment.payload.size();
    const Bytes bytes = skip >= captured ? Bytes{} : segment.payload.subspan(skip, std::min<std::size_t>(length, captured - skip));
    return {from, segment.ack, length, (segment.flags & tcp_ack) != 0, segment.time, {bytes.begin(), bytes.end()}};
}

}  // namespace

void hold_segment(Hold& hold, const Segment& segment) {
    auto& held = hold.segments;
    std::uint32_t from = segment.seq;
    const std::uint32_t end = segment.seq + segment.length;
    const auto add = [&](auto place, std::uint32_t to) {
        HeldSegment piece = cut(segment, from, to);
        hold.bytes += sizeof(HeldSegment) + piece.bytes.size();
        return held.insert(place, std::move(piece)) + 1;
    };
    auto place = std::ranges::find_if(held, [&](const HeldSegment& h) { return distance(from, h.seq + h.length) > 0; });
    for (; place != held.end() && distance(from, end) > 0; ++place) {
        if (distance(place->seq, end) <= 0) break;  // everything left lies before this one
        if (distance(from, place->seq) > 0) place = add(place, place->seq);
        from = place->seq + place->length;
    }
    if (distance(from, end) > 0) add(place, end);
}

}  // namespace podsnoop
