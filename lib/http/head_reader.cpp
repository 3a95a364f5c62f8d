#include "http/head_reader.hpp"

#include <algorithm>
#include <cstring>
#include <limits>
#include <string_view>
#include <utility>

namespace podsnoop {

/// What tells heads apart at a glance: how long the segment is and its first 48 bytes, where a request's path stands, and mostly
/// its host. Those that end with something new each time, as a trace's number, are all alike. `bytes` are at least the
/// shortest head.
std::uint64_t HeadReader::likeness_of(Bytes bytes) {
    const std::size_t last = bytes.size() - sizeof(std::uint64_t);
    const auto word = [&](std::size_t at) {
        std::uint64_t value = 0;
        std::memcpy(&value, bytes.subspan(std::min(at, last), sizeof(value)).data(), sizeof(value));
        return value;
    };
    // Of products the upper bits depend on all bits of their factors, and none of these waits for another.
    constexpr std::uint64_t a = 0x9e3779b97f4a7c15, b = a * a, c = b * a, d = c * a, e = d * a, f = e * a;
    return (word(0) ^ bytes.size()) * a + word(8) * b + word(16) * c + word(24) * d + word(32) * e + word(40) * f;
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
    static_assert(places == std::size_t{1} << 7);
    const std::size_t number = likeness >> (64 - 7);
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
