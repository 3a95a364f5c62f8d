#include "http/head_reader.hpp"

#include <cstring>
#include <limits>
#include <string_view>
#include <utility>

namespace podsnoop {

/// What tells heads apart at a glance: how long the segment is and its first bytes, where a request's path stands. Those that end
/// with something new each time, as a trace's number, are all alike. `bytes` are at least the shortest head.
std::uint64_t HeadReader::likeness_of(Bytes bytes) {
    std::uint64_t mixed = bytes.size();
    for (std::size_t at = 0; at + sizeof(std::uint64_t) <= shortest; at += sizeof(std::uint64_t)) {
        std::uint64_t word = 0;
        std::memcpy(&word, bytes.subspan(at, sizeof(word)).data(), sizeof(word));
        mixed = (mixed ^ word) * 0x9e3779b97f4a7c15;
    }
    return mixed;
}

void HeadReader::keep(Place& place, Bytes bytes, StartLine start, const Head& head) {
    std::memcpy(place.bytes.data(), bytes.data(), bytes.size());
    place.size = bytes.size();
    place.start = start;
    place.head = head;
    const std::string_view from = as_text(bytes), to = as_text(Bytes(place.bytes).first(bytes.size()));
    const auto move = [&](std::string_view& view) {
        if (!view.empty()) view = to.substr(static_cast<std::size_t>(view.data() - from.data()), view.size());
    };
    move(place.head.start.method);
    move(place.head.start.target);
    move(place.head.upgrade);
    if (place.head.host) move(*place.head.host);
}

HeadStart HeadReader::read(Bytes bytes) {
    head_ = &other_;
    if (bytes.size() < shortest) return read_head(bytes, other_);
    const std::uint64_t likeness = likeness_of(bytes);
    const std::size_t number = (likeness >> 32) % places;
    Place& place = places_[number];
    if (place.size != 0 && place.size <= bytes.size() && std::memcmp(place.bytes.data(), bytes.data(), place.size) == 0) {
        // Only one that comes again is worth a number: whoever keeps something by it need not for those that do not.
        if (place.head.identity == 0 && identities_ != std::numeric_limits<std::uint32_t>::max())
            place.head.identity = ++identities_;
        head_ = &place.head;
        return {place.start, place.size};
    }
    const HeadStart found = read_head(bytes, other_);
    // What nothing alike came before is not worth copying, nor the loss of what has the place.
    const bool again = std::exchange(last_[number], likeness) == likeness;
    if (again && found.length != 0 && found.length <= room) keep(place, bytes.first(found.length), found.start, other_);
    return found;
}

}  // namespace podsnoop
