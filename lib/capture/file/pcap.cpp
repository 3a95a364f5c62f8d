#include "capture/file/pcap.hpp"

#include <string>

#include "capture/file/limits.hpp"
#include "capture/file/link_types.hpp"

namespace podsnoop {

namespace {

constexpr std::uint32_t magic_microseconds = 0xa1b2c3d4, magic_nanoseconds = 0xa1b23c4d;
constexpr std::uint32_t link_type_mask = 0x03ffffff;  // the bits above tell of a frame check sequence

bool is_magic(std::uint32_t value) { return value == magic_microseconds || value == magic_nanoseconds; }

}  // namespace

Result<std::optional<PcapReader>> PcapReader::from_header(const Input& input) {
    const Bytes header = input.window();
    ByteOrder order(std::endian::little);
    if (!is_magic(order.u32(header, 0))) order = ByteOrder(std::endian::big);
    const std::uint32_t magic = order.u32(header, 0);
    if (!is_magic(magic)) return std::nullopt;
    if (header.size() < header_size) return input.damaged("its header ends early", header.size());
    if (const unsigned major = order.u16(header, 4); major != 2)
        return fail("cannot read capture", input.name(), "pcap version " + std::to_string(major) + " is not known");
    const std::uint32_t number = order.u32(header, 20) & link_type_mask;
    const std::optional<LinkType> link = link_type_of(number);
    if (!link) return fail("cannot read capture", input.name(), describe_link_type(number) + " cannot be decoded");
    return PcapReader(order, magic == magic_nanoseconds ? 1 : 1000, *link);
}

Result<Input::Fill> PcapReader::next(Input& input, Packet& packet) const {
    if (const auto filled = input.fill_record(record_header_size); filled != Input::Fill::ready) return filled;
    const std::uint32_t captured = order_.u32(input.window(), 8);
    if (captured > max_record) return input.damaged("packet length " + std::to_string(captured), input.offset() + 8);
    if (const auto filled = input.fill_record(record_header_size + captured); filled != Input::Fill::ready) return filled;
    take(input, packet);
    return Input::Fill::ready;
}

}  // namespace podsnoop
