#include "capture/file/link_types.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace podsnoop {

namespace {

struct Known {
    std::uint32_t number;
    LinkType link;
};

// The number written for a link type is its first one here. 12 and 14 are what some systems write for raw IP
// in place of 101: the value of their own DLT_RAW.
constexpr std::array known{
    Known{1, LinkType::ethernet},    Known{101, LinkType::raw_ip},     Known{12, LinkType::raw_ip},
    Known{14, LinkType::raw_ip},     Known{228, LinkType::raw_ip},     Known{229, LinkType::raw_ip},
    Known{113, LinkType::linux_sll}, Known{276, LinkType::linux_sll2}, Known{0, LinkType::null_loop},
    Known{108, LinkType::null_loop},
};

struct Name {
    std::uint32_t number;
    std::string_view name;
};

constexpr std::array names{
    Name{9, "PPP"},          Name{50, "PPP in HDLC-like framing"},
    Name{51, "PPPoE"},       Name{104, "Cisco HDLC"},
    Name{105, "802.11"},     Name{127, "802.11 with radiotap"},
    Name{147, "user 0"},     Name{187, "Bluetooth HCI"},
    Name{189, "USB"},        Name{201, "Bluetooth HCI"},
    Name{220, "USB"},        Name{239, "NFLOG"},
    Name{247, "InfiniBand"}, Name{253, "netlink"},
};

}  // namespace

std::optional<LinkType> link_type_of(std::uint32_t number) {
    const auto found = std::ranges::find(known, number, &Known::number);
    if (found == known.end()) return std::nullopt;
    return found->link;
}

std::uint16_t link_type_number(LinkType link) {
    const LinkType written = link == LinkType::network ? LinkType::linux_sll2 : link;
    return static_cast<std::uint16_t>(std::ranges::find(known, written, &Known::link)->number);
}

std::string describe_link_type(std::uint32_t number) {
    const std::string text = "link type " + std::to_string(number);
    const auto found = std::ranges::find(names, number, &Name::number);
    return found == names.end() ? text : text + " (" + std::string(found->name) + ")";
}

}  // namespace podsnoop
