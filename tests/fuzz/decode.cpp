// The decoder, for every link type. Input: link type, protocol (2 bytes), how much longer the packet was on
// the wire (2 bytes), then the packet's bytes.
#include <algorithm>

#include "decode/decoder.hpp"
#include "fuzz.hpp"

using namespace podsnoop;
using namespace podsnoop::fuzz;

namespace {

void check(const Packet& packet, const Segment& segment) {
    must(segment.length >= segment.payload.size(), "no more was captured than there was on the wire");
    must(segment.length <= packet.wire_length, "a payload is no longer than its packet");
    must(segment.payload.empty() || (segment.payload.data() >= packet.data.data() &&
                                     segment.payload.data() + segment.payload.size() <= packet.data.data() + packet.data.size()),
         "the payload lies in the packet");
    must(segment.source.address.family == segment.destination.address.family, "both ends are of one family");
    must(segment.source.address.family == 4 || segment.source.address.family == 6, "the family is known");
    must(segment.time == packet.time && segment.interface == packet.interface, "time and interface are the packet's");
}

/// One of many packets is read as it is by itself, though there is a quick way for what is usual.
void check_among_others(const Packet& packet, Decoded decoded, const Segment& segment) {
    Decoder decoder;
    Segment other;
    const Decoded answer = decoder.decode(packet, other);
    must(answer == decoded || decoded == Decoded::fragment, "a packet among others is what it is by itself");
    if (answer != Decoded::segment || decoded != Decoded::segment) return;
    must(other.time == segment.time && other.interface == segment.interface, "its time and interface are the same");
    must(other.source == segment.source && other.destination == segment.destination, "its ends are the same");
    must(other.seq == segment.seq && other.ack == segment.ack && other.flags == segment.flags && other.window == segment.window,
         "its header is the same");
    must(other.payload.data() == segment.payload.data() && other.payload.size() == segment.payload.size() &&
             other.length == segment.length,
         "its payload is the same");
}

/// A shorter capture of the same packet says the same, or says that it does not know.
void check_cut(Packet packet, const Segment& whole, std::size_t captured) {
    packet.data = packet.data.first(captured);
    Segment cut;
    if (decode(packet, cut) != Decoded::segment) return;
    must(cut.source == whole.source && cut.destination == whole.destination, "a cut packet has the same ends");
    must(cut.seq == whole.seq && cut.ack == whole.ack && cut.flags == whole.flags, "a cut packet has the same header");
    must(cut.length == whole.length, "a cut packet has the same length on the wire");
    must(std::ranges::equal(cut.payload, whole.payload.first(std::min(cut.payload.size(), whole.payload.size()))),
         "a cut packet's payload is the start of the whole one's");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    Cursor input(input_bytes(data, size));
    constexpr unsigned link_types = 6;
    Packet packet;
    packet.time = Time{Nanoseconds{1}};
    packet.interface = 3;
    packet.link = static_cast<LinkType>(input.u8() % link_types);
    packet.protocol = input.u16be();
    const std::uint32_t more = input.u16be();
    packet.data = input.rest();
    packet.wire_length = static_cast<std::uint32_t>(packet.data.size()) + more;
    Segment segment;
    const Decoded decoded = decode(packet, segment);
    check_among_others(packet, decoded, segment);
    if (decoded != Decoded::segment) return 0;
    check(packet, segment);
    for (std::size_t captured = 0; captured < std::min<std::size_t>(packet.data.size(), 200); ++captured)
        check_cut(packet, segment, captured);
    return 0;
}
