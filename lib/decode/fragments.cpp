#include "decode/fragments.hpp"

#include <algorithm>
#include <span>
#include <utility>

#include "decode/ip.hpp"
#include "decode/link.hpp"

namespace podsnoop {

namespace {

constexpr std::uint32_t largest_payload = 65535;  // of a datagram
constexpr std::size_t header_room = wire::largest_ip_header;

}  // namespace

Joined Fragments::add(const Fragment& fragment) {
    const Joined malformed{.state = Joined::State::malformed, .datagram = {}, .packets = 0};
    const std::uint32_t length = fragment.data.length;
    if (length == 0 || length > largest_payload - fragment.offset || (fragment.more && length % 8 != 0)) return malformed;
    forget_old(fragment.time);
    Datagram& datagram = find(fragment);
    const std::uint32_t end = fragment.offset + length;
    const std::uint32_t reached = datagram.ranges.empty() ? 0 : datagram.ranges.back().end;
    if (datagram.size != 0 && (end > datagram.size || (!fragment.more && end != datagram.size))) return malformed;
    if (!fragment.more && end < reached) return malformed;

    datagram.touched = ++touches_;
    datagram.packets += fragment.packets;
    if (!fragment.more) datagram.size = end;
    if (const std::size_t needed = header_room + end; needed > datagram.content.size()) {
        bytes_ -= datagram.content.capacity();
        datagram.content.resize(needed);
        bytes_ += datagram.content.capacity();
    }
    store(datagram, fragment);
    const bool whole = datagram.size != 0 && datagram.ranges.size() == 1 && datagram.ranges[0].begin == 0 &&
                       datagram.ranges[0].end == datagram.size;
    if (whole) return complete(datagram, fragment);
    while (bytes_ > limits_.bytes && waiting_.size() > 1) forget_untouched();
    return {};
}

/// The datagram the fragment belongs to; a new one takes the place of another if need be.
Fragments::Datagram& Fragments::find(const Fragment& fragment) {
    // RFC 8200 4.5 leaves the protocol out of what identifies an IPv6 datagram: only its first fragment tells
    // it.
    const bool v4 = fragment.source.family == 4;
    for (Datagram& known : waiting_)
        if (known.id == fragment.id && known.interface == fragment.interface && known.source == fragment.source &&
            known.destination == fragment.destination && (!v4 || known.protocol == fragment.protocol)) {
            if (fragment.offset == 0) known.protocol = fragment.protocol;
            return known;
        }
    if (waiting_.size() >= limits_.datagrams) forget_untouched();
    waiting_.push_back({.source = fragment.source,
                        .destination = fragment.destination,
                        .interface = fragment.interface,
                        .id = fragment.id,
                        .protocol = fragment.protocol,
                        .captured = largest_payload,
                        .since = fragment.time});
    return waiting_.back();
}

/// Copies what of the fragment was not there yet.
void Fragments::store(Datagram& datagram, const Fragment& fragment) {
    const std::uint32_t begin = fragment.offset, end = begin + fragment.data.length;
    const auto captured = static_cast<std::uint32_t>(fragment.data.captured.size());
    if (captured < fragment.data.length) datagram.captured = std::min(datagram.captured, begin + captured);
    const auto copy = [&](std::uint32_t from, std::uint32_t to) {
        to = std::min(to, begin + captured);
        if (from < to)
            std::ranges::copy(fragment.data.captured.subspan(from - begin, to - from),
                              datagram.content.begin() + static_cast<std::ptrdiff_t>(header_room + from));
    };
    std::vector<Range>& ranges = datagram.ranges;
    const auto first = std::ranges::lower_bound(ranges, begin, {}, &Range::end);  // the first it touches
    auto after = first;
    Range joined{begin, end};
    std::uint32_t next = begin;
    for (; after != ranges.end() && after->begin <= end; ++after) {
        copy(next, after->begin);
        next = std::max(next, after->end);
        joined = {std::min(joined.begin, after->begin), std::max(joined.end, after->end)};
    }
    copy(next, end);
    ranges.insert(ranges.erase(first, after), joined);
}

Joined Fragments::complete(Datagram& datagram, const Fragment& last) {
    const std::span<std::byte, header_room> room = std::span(datagram.content).first<header_room>();
    const std::size_t header = wire::write_header(room, datagram.source, datagram.destination, datagram.protocol);
    const std::uint32_t captured = std::min(datagram.size, datagram.captured);
    const std::uint32_t size = datagram.size, packets = datagram.packets;
    const bool v4 = datagram.source.family == 4;
    bytes_ -= datagram.content.capacity();
    whole_ = std::exchange(datagram.content, {});
    remove(datagram);
    Joined joined{.state = Joined::State::complete, .datagram = {}, .packets = packets};
    joined.datagram.time = last.time;
    joined.datagram.data = Bytes(whole_).subspan(header_room - header, header + captured);
    joined.datagram.wire_length = static_cast<std::uint32_t>(header) + size;
    joined.datagram.link = LinkType::network;
    joined.datagram.protocol = v4 ? wire::ether_ipv4 : wire::ether_ipv6;
    joined.datagram.interface = last.interface;
    return joined;
}

void Fragments::forget_old(Time now) {
    for (std::size_t i = waiting_.size(); i-- > 0;)
        if (now - waiting_[i].since > limits_.age) remove(waiting_[i]);
}

void Fragments::forget_untouched() { remove(*std::ranges::min_element(waiting_, {}, &Datagram::touched)); }

void Fragments::remove(Datagram& datagram) {
    bytes_ -= datagram.content.capacity();
    if (&datagram != &waiting_.back()) datagram = std::move(waiting_.back());
    waiting_.pop_back();
}

}  // namespace podsnoop
