// Reading netlink messages (RFC 3549): structs and attributes off the front of what the kernel sent.
#pragma once

#include <linux/netlink.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <optional>

#include "base/bytes.hpp"

namespace podsnoop {

/// Takes a struct off the front of some bytes, and the padding behind it.
template <class T>
std::optional<T> take(Bytes& bytes) {
    if (bytes.size() < sizeof(T)) return std::nullopt;
    T value{};
    std::memcpy(&value, bytes.data(), sizeof(T));
    bytes = bytes.subspan(std::min(bytes.size(), std::size_t{NLMSG_ALIGN(sizeof(T))}));
    return value;
}

/// What follows a header that gives a length including itself; the rest stays in `bytes`. Empty where the length is
/// wrong, and then nothing is left.
inline Bytes take_body(Bytes& bytes, std::size_t length, std::size_t header) {
    if (length < header || length - header > bytes.size()) {
        bytes = {};
        return {};
    }
    const Bytes body = bytes.first(length - header);
    bytes = bytes.subspan(std::min(bytes.size(), std::size_t{NLMSG_ALIGN(length - header)}));
    return body;
}

/// One attribute of a message (struct nlattr), or of another attribute that holds several.
struct NetlinkAttribute {
    std::uint16_t type = 0;  ///< without the flags for nesting and byte order
    Bytes value;
};

/// Takes an attribute off the front; nothing at the end, or where its length is wrong.
inline std::optional<NetlinkAttribute> take_attribute(Bytes& bytes) {
    const auto header = take<nlattr>(bytes);
    if (!header || header->nla_len < sizeof(nlattr) || header->nla_len - sizeof(nlattr) > bytes.size()) return std::nullopt;
    return NetlinkAttribute{static_cast<std::uint16_t>(header->nla_type & NLA_TYPE_MASK),
                            take_body(bytes, header->nla_len, sizeof(nlattr))};
}

}  // namespace podsnoop
