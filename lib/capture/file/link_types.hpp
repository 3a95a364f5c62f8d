// The link types of capture files (https://www.tcpdump.org/linktypes.html) that the decoder can read.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "event/packet.hpp"

namespace podsnoop {

/// The kind of packets a file's link type number stands for; nothing where the decoder cannot read them.
std::optional<LinkType> link_type_of(std::uint32_t number);

/// The number to write for it. Packets of LinkType::network are written as Linux cooked v2.
std::uint16_t link_type_number(LinkType link);

/// "link type 105 (802.11)"; with the name for those that people meet.
std::string describe_link_type(std::uint32_t number);

}  // namespace podsnoop
