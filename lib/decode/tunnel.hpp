// What may stand between two IP headers: tunnels, and the link and label headers inside them.
#pragma once

#include "decode/decoded.hpp"
#include "decode/ip.hpp"
#include "decode/link.hpp"

namespace podsnoop::wire {

inline constexpr int max_tunnels = 3;   ///< one in another; so four IP headers
inline constexpr int max_headers = 16;  ///< of a packet behind its link header: IP, Ethernet, tags, labels

/// Whether an IP packet of this protocol may be a tunnel's.
bool may_be_tunnel(std::uint8_t protocol) noexcept;
/// Whether a fragment's datagram may be a tunnel's. The first one shows the port.
bool may_be_tunnel(const IpPayload& fragment, const Rest& rest) noexcept;

// Each moves `network` on and gives Decoded::segment where that went well, Decoded::malformed where the
// capture ends before it could be known, and Decoded::not_tcp for anything else: what only looks like a
// tunnel is none.

/// From an IP packet's payload past a tunnel's header.
Decoded take_tunnel(std::uint8_t protocol, Network& network) noexcept;
/// Past one header that is not IP: Ethernet, a VLAN tag, an MPLS label.
Decoded take_link_header(Network& network) noexcept;
/// Past nothing: looks whether an inner IP header is one, and its packet inside the outer.
Decoded check_inner(const Network& network) noexcept;

}  // namespace podsnoop::wire
