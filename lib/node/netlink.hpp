// Reading netlink messages (RFC 3549): structs and attributes off the front of what the kernel sent.
#pragma once

#include <linux/netlink.h>

#include <algorithm>
#include <cstring>
#include <optional>

#include "base/bytes.hpp"

namespace podsnoop {

/// Takes a struct off the front of some bytes, and the padding behind it.
template <class T>
std::optional<T> take(Bytes& bytes) {
    if (bytes.size() < sizeof(T)) return std::nullopt;
    T value;
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

}  // namespace podsnoop
