// Asking the kernel by netlink: a message is made, sent, and its answer read to the end.
#pragma once

#include <linux/netlink.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "base/bytes.hpp"
#include "base/fd.hpp"

namespace podsnoop {

/// A netlink message in the making: a header, the family's own struct, attributes.
class NetlinkMessage {
  public:
    /// `type` is the family's, `flags` are NLM_F_ bits; NLM_F_REQUEST is added.
    NetlinkMessage(std::uint16_t type, std::uint16_t flags);

    template <class T>
    NetlinkMessage& add(const T& family_header) {
        append(std::as_bytes(std::span(&family_header, 1)));
        return *this;
    }
    NetlinkMessage& attribute(std::uint16_t type, Bytes value);
    /// An attribute that holds those added until the matching `close`.
    [[nodiscard]] std::size_t open(std::uint16_t type);
    void close(std::size_t opened);

    [[nodiscard]] bool is_dump() const noexcept { return is_dump_; }
    /// The bytes to send, with the length and this sequence number filled in.
    Bytes finish(std::uint32_t sequence);

  private:
    void append(Bytes bytes);
    void overwrite(std::size_t at, Bytes bytes);
    bool is_dump_;
    std::vector<std::byte> bytes_;
};

/// A socket for one netlink protocol. It stays in the network namespace it was opened in, and keeps that
/// alive.
class NetlinkSocket {
  public:
    /// Gives none where it could not be opened; `errno` says why.
    static NetlinkSocket open(int protocol);
    explicit operator bool() const noexcept { return static_cast<bool>(fd_); }

    /// Takes a message's type and what follows its header.
    using Reader = std::function<void(std::uint16_t type, Bytes body)>;
    /// Sends a message and reads its answer: all of a dump, or the one message. Gives 0, or the errno that
    /// the kernel (or sending, or waiting for more than a second) ended with; what was read until then has
    /// been told.
    [[nodiscard]] int ask(NetlinkMessage& message, const Reader& read);

  private:
    Fd fd_;
    std::uint32_t sequence_ = 0;
    std::vector<std::byte> buffer_;
};

}  // namespace podsnoop
