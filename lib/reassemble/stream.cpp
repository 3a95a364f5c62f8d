#include "reassemble/stream.hpp"

#include <algorithm>

namespace podsnoop {

namespace {

HeldSegment cut(const Segment& segment, std::uint32_t from, std::uint32_t to) {
    const std::uint32_t skip = from - segment.seq;
    const std::uint32_t length = to - from;
    const std::size_t captured = segment.payload.size();
    const Bytes bytes =
        skip >= captured ? Bytes{} : segment.payload.subspan(skip, std::min<std::size_t>(length, captured - skip));
    return {from, segment.ack, length, has(segment, tcp_ack), true, segment.time, {bytes.begin(), bytes.end()}};
}

/// Cuts the held segment at `place` in two at `seq`, which lies within it. Gives the place of the second part.
std::vector<HeldSegment>::iterator split(Hold& hold, std::vector<HeldSegment>::iterator place, std::uint32_t seq) {
    HeldSegment rest = *place;
    const std::uint32_t first = seq - place->seq;
    const std::size_t captured = std::min<std::size_t>(first, place->bytes.size());
    rest.seq = seq;
    rest.length -= first;
    rest.bytes.erase(rest.bytes.begin(), rest.bytes.begin() + static_cast<std::ptrdiff_t>(captured));
    place->length = first;
    place->bytes.resize(captured);
    hold.bytes += sizeof(HeldSegment);
    return hold.segments.insert(place + 1, std::move(rest));
}

/// The same bytes came again, from `from` to `to`. When they were first sent, no more had been received than either
/// copy acknowledges. Gives the place of the last part that they lie in.
std::vector<HeldSegment>::iterator acknowledge_less(Hold& hold, std::vector<HeldSegment>::iterator place, const Segment& segment,
                                                    std::uint32_t from, std::uint32_t to) {
    const bool less = place->has_ack && has(segment, tcp_ack) && distance(segment.ack, place->ack) > 0;
    if (!less) return place;
    if (distance(place->seq, from) > 0) place = split(hold, place, from);
    if (distance(to, place->seq + place->length) > 0) place = split(hold, place, to) - 1;
    place->ack = segment.ack;
    return place;
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
        const std::uint32_t held_end = place->seq + place->length;
        const std::uint32_t to = distance(held_end, end) > 0 ? held_end : end;
        place = acknowledge_less(hold, place, segment, from, to);
        from = to;
    }
    if (distance(from, end) > 0) add(place, end);
}

}  // namespace podsnoop
